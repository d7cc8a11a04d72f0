//! A clip and what was said about it.

use super::answer::{Answer, Judged};
use super::line::{Line, decimal};
use super::run::{Protocol, RunId};
use super::table::Row;
use std::collections::BTreeMap;
use undertone_core::Emotion;

/// A clip that no network learnt from, and the answer to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The clip's name; no comma, quote or line break in it.
    pub clip: String,
    /// Who speaks; in RAVDESS the actor's number, with two digits.
    pub speaker: String,
    /// The fold whose network was asked.
    pub fold: u32,
    /// The acted emotion.
    pub truth: Emotion,
    /// The answer, calibrated; `None` when no speech was found.
    pub answer: Option<Answer>,
}

impl Prediction {
    /// Truth and answer.
    pub const fn judged(&self) -> Judged {
        Judged { truth: self.truth, answer: self.answer }
    }

    /// Whether both tell of one clip in the same way, whatever the answers are.
    pub(super) fn same_clip(&self, other: &Self) -> bool {
        let told = |prediction: &Self| (prediction.fold, prediction.truth);
        self.clip == other.clip && self.speaker == other.speaker && told(self) == told(other)
    }

    /// Understands the columns that all tables of predictions share.
    pub(super) fn read_columns(line: &Line<'_>, run: RunId) -> Result<Self, String> {
        if line.value::<Protocol>("protocol")? != run.protocol {
            return Err(format!(
                "protocol is {}, the file's name says {}",
                line.text("protocol"),
                run.protocol
            ));
        }
        if line.value::<u32>("seed")? != run.seed {
            return Err(format!("seed is {}, the file's name says {}", line.text("seed"), run.seed));
        }
        Ok(Self {
            clip: line.name("clip")?,
            speaker: line.name("speaker")?,
            fold: line.value("fold")?,
            truth: line.value("truth")?,
            answer: read_answer(line)?,
        })
    }

    /// The fields up to the fold.
    pub(super) fn leading_fields(&self, run: RunId) -> Vec<String> {
        let (protocol, seed) = (run.protocol.to_string(), run.seed.to_string());
        vec![self.clip.clone(), self.speaker.clone(), protocol, seed, self.fold.to_string()]
    }

    /// The fields from the truth on.
    pub(super) fn judgement_fields(&self) -> Vec<String> {
        let mut fields = vec![self.truth.to_string()];
        fields.push(self.answer.map(|answer| answer.label().to_string()).unwrap_or_default());
        fields.extend(Emotion::ALL.map(|emotion| match &self.answer {
            Some(answer) => decimal(f64::from(answer.probability(emotion))),
            None => String::new(),
        }));
        fields
    }
}

fn read_answer(line: &Line<'_>) -> Result<Option<Answer>, String> {
    let texts = Emotion::ALL.map(|emotion| line.text(emotion.name()));
    if line.text("predicted").is_empty() && texts.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    let label = line.value("predicted")?;
    let mut probabilities = Vec::with_capacity(texts.len());
    for emotion in Emotion::ALL {
        probabilities.push(line.value(emotion.name())?);
    }
    Answer::read(label, &probabilities).map(Some)
}

/// Finds a clip that changes its speaker or truth, or a speaker of a speaker-independent protocol who is
/// in two folds, and so was learnt from.
pub(super) fn contradiction<'a>(
    predictions: impl Iterator<Item = &'a Prediction>,
    protocol: Protocol,
) -> Option<(usize, String)> {
    let mut folds: BTreeMap<&str, u32> = BTreeMap::new();
    let mut clips: BTreeMap<&str, &Prediction> = BTreeMap::new();
    for (index, own) in predictions.enumerate() {
        let fold = *folds.entry(&own.speaker).or_insert(own.fold);
        if protocol == Protocol::Speaker5 && fold != own.fold {
            return Some((index, format!("speaker {} is in the folds {fold} and {}", own.speaker, own.fold)));
        }
        let first = *clips.entry(&own.clip).or_insert(own);
        if !own.same_clip(first) {
            return Some((index, format!("clip {} changes its speaker, fold or truth", own.clip)));
        }
    }
    None
}

impl Row for Prediction {
    type Key = (u32, String);
    const COLUMNS: &'static [&'static str] = &[
        "clip",
        "speaker",
        "protocol",
        "seed",
        "fold",
        "truth",
        "predicted",
        "neutral",
        "calm",
        "happy",
        "sad",
        "angry",
        "fearful",
        "disgust",
        "surprised",
    ];

    fn key(&self) -> Self::Key {
        (self.fold, self.clip.clone())
    }

    fn subject(&self) -> String {
        format!("clip {}", self.clip)
    }

    fn read(line: &Line<'_>, run: RunId) -> Result<Self, String> {
        Self::read_columns(line, run)
    }

    fn fields(&self, run: RunId) -> Vec<String> {
        let mut fields = self.leading_fields(run);
        fields.extend(self.judgement_fields());
        fields
    }

    fn contradiction(rows: &[Self], run: RunId) -> Option<(usize, String)> {
        contradiction(rows.iter(), run.protocol)
    }
}
