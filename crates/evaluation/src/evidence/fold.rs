//! How the network of one fold came about.

use super::line::{Line, decimal, optional_decimal};
use super::run::RunId;
use super::table::Row;

/// Facts about the training of one fold. A protocol without inner validation has no temperature or
/// thresholds of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldFacts {
    /// The fold.
    pub fold: u32,
    /// Clips learnt from.
    pub training_clips: u32,
    /// Clips asked about.
    pub test_clips: u32,
    /// Speakers by whom temperature and thresholds were set; neither learnt from nor asked about. No comma
    /// or space in a name.
    pub validation_speakers: Vec<String>,
    /// Epochs trained.
    pub epochs: u32,
    /// What logits were divided by; above 0.
    pub temperature: Option<f64>,
    /// The same for the causal network, where there is one.
    pub stream_temperature: Option<f64>,
    /// The share of right labels that the answer sets are meant to hold.
    pub conformal_coverage: Option<f64>,
    /// An emotion at least this probable belongs to the answer set.
    pub conformal_threshold: Option<f64>,
    /// The share of kept answers that may be wrong.
    pub abstain_error: Option<f64>,
    /// An answer less sure than this is held back.
    pub abstain_below: Option<f64>,
    /// Duration of the training.
    pub wall_seconds: f64,
    /// How many values were learnt.
    pub learnt_values: u64,
}

impl Row for FoldFacts {
    type Key = u32;
    const COLUMNS: &'static [&'static str] = &[
        "fold",
        "training_clips",
        "test_clips",
        "validation_speakers",
        "epochs",
        "temperature",
        "stream_temperature",
        "conformal_coverage",
        "conformal_threshold",
        "abstain_error",
        "abstain_below",
        "wall_seconds",
        "learnt_values",
        "seed",
    ];

    fn key(&self) -> Self::Key {
        self.fold
    }

    fn subject(&self) -> String {
        format!("fold {}", self.fold)
    }

    fn read(line: &Line<'_>, run: RunId) -> Result<Self, String> {
        if line.value::<u32>("seed")? != run.seed {
            return Err(format!("seed is {}, the file's name says {}", line.text("seed"), run.seed));
        }
        let temperature = |column| match line.optional::<f64>(column)? {
            Some(wrong) if !(wrong.is_finite() && wrong > 0.0) => Err(format!("{column} is {wrong}")),
            right => Ok(right),
        };
        Ok(Self {
            fold: line.value("fold")?,
            training_clips: line.value("training_clips")?,
            test_clips: line.value("test_clips")?,
            validation_speakers: line
                .text("validation_speakers")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            epochs: line.value("epochs")?,
            temperature: temperature("temperature")?,
            stream_temperature: temperature("stream_temperature")?,
            conformal_coverage: line.optional_share("conformal_coverage")?,
            conformal_threshold: line.optional_share("conformal_threshold")?,
            abstain_error: line.optional_share("abstain_error")?,
            abstain_below: line.optional_share("abstain_below")?,
            wall_seconds: line.amount("wall_seconds")?,
            learnt_values: line.value("learnt_values")?,
        })
    }

    fn fields(&self, run: RunId) -> Vec<String> {
        vec![
            self.fold.to_string(),
            self.training_clips.to_string(),
            self.test_clips.to_string(),
            self.validation_speakers.join(" "),
            self.epochs.to_string(),
            optional_decimal(self.temperature),
            optional_decimal(self.stream_temperature),
            optional_decimal(self.conformal_coverage),
            optional_decimal(self.conformal_threshold),
            optional_decimal(self.abstain_error),
            optional_decimal(self.abstain_below),
            decimal(self.wall_seconds),
            self.learnt_values.to_string(),
            run.seed.to_string(),
        ]
    }
}
