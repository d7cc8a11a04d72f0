//! What the causal network said before it had heard everything.

use super::line::Line;
use super::prediction::{Prediction, contradiction};
use super::run::RunId;
use super::table::Row;
use std::fmt;
use std::str::FromStr;

const MILLISECONDS_PER_SECOND: f64 = 1000.0;

/// How much speech the network had heard. Written in seconds, or as `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heard {
    /// The first part of the clip's speech.
    Milliseconds(u32),
    /// All of it.
    End,
}

impl Heard {
    /// Seconds; `None` for all of the speech.
    pub fn seconds(self) -> Option<f64> {
        match self {
            Self::Milliseconds(milliseconds) => Some(f64::from(milliseconds) / MILLISECONDS_PER_SECOND),
            Self::End => None,
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds() {
            Some(seconds) => write!(f, "{seconds}"),
            None => f.write_str("end"),
        }
    }
}

impl FromStr for Heard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "end" {
            return Ok(Self::End);
        }
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= f64::from(u32::MAX) / MILLISECONDS_PER_SECOND => {
                Ok(Self::Milliseconds((seconds * MILLISECONDS_PER_SECOND).round() as u32))
            }
            _ => Err(format!("{text:?} is neither seconds nor `end`")),
        }
    }
}

/// An answer of the causal network after part of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct InterimPrediction {
    /// How much it had heard.
    pub heard: Heard,
    /// The clip and the answer.
    pub prediction: Prediction,
}

impl Row for InterimPrediction {
    type Key = (u32, String, Heard);
    const COLUMNS: &'static [&'static str] = &[
        "clip",
        "speaker",
        "protocol",
        "seed",
        "fold",
        "heard_seconds",
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
        (self.prediction.fold, self.prediction.clip.clone(), self.heard)
    }

    fn subject(&self) -> String {
        format!("clip {} heard to {}", self.prediction.clip, self.heard)
    }

    fn read(line: &Line<'_>, run: RunId) -> Result<Self, String> {
        let heard = line.value("heard_seconds")?;
        Ok(Self { heard, prediction: Prediction::read_columns(line, run)? })
    }

    fn fields(&self, run: RunId) -> Vec<String> {
        let mut fields = self.prediction.leading_fields(run);
        fields.push(self.heard.to_string());
        fields.extend(self.prediction.judgement_fields());
        fields
    }

    fn contradiction(rows: &[Self], run: RunId) -> Option<(usize, String)> {
        contradiction(rows.iter().map(|row| &row.prediction), run.protocol)
    }
}
