//! What a trained network's predictions prove.
//!
//! Predictions on clips that a network never learnt from are noted down in files of [`Evidence`]. Every published
//! figure is computed from them: [`Summary`] holds the figures, [`check`] proves that committed ones follow
//! from the evidence, and [`report_html`] and [`report_markdown`] show them to people. No network runs here.
//!
//! ```
//! use undertone_core::Emotion;
//! use undertone_evaluation::{Answer, Evidence, Prediction, Protocol, Run, RunId, Summary, check};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let mut run = Run::new(RunId { protocol: Protocol::Speaker5, seed: 1 });
//! run.predictions.push(Prediction {
//!     clip: "03-01-02-01-01-01-07".into(),
//!     speaker: "07".into(),
//!     fold: 0,
//!     truth: Emotion::Calm,
//!     answer: Some(Answer::new(&[0.2, 0.7, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0])?),
//! });
//! run.write(folder)?;
//! Summary::of(&Evidence::open(folder)?).write(folder)?;
//! assert!(check(folder)?.is_empty());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod charts;
mod error;
mod evidence;
mod report;
mod statistics;
mod summary;

pub use error::EvaluationError;
pub use evidence::{
    Answer, Epoch, Evidence, FoldFacts, Heard, InterimPrediction, Judged, Prediction, Protocol, Run, RunId,
    Variant,
};
pub use report::{Facts, GraphFacts, report_html, report_markdown};
pub use statistics::{
    AbstentionFigures, Calibration, ChangedFigures, EmotionFigures, Estimate, Figures, HeardFigures,
    ReliabilityBin, RiskCoverage, RiskPoint, SetFigures, SexFigures, SpeakerFigures, Spread, VariantFigures,
    abstain_threshold, conformal_threshold, expected_calibration_error,
};
pub use summary::{
    Difference, FoldSets, PartFigures, Parts, PooledBounds, PooledFold, ProtocolSummary, Sets, Summary,
    bounds_of, check, mean_temperature,
};
