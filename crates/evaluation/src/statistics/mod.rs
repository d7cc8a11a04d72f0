//! Figures over answers.

mod abstention;
mod bootstrap;
mod calibration;
mod conformal;
mod counts;
#[cfg(test)]
pub(crate) mod example;
mod figures;
mod generator;
mod patience;
mod people;
mod spread;
mod variant;

pub use abstention::{AbstentionFigures, RiskCoverage, RiskPoint, abstain_threshold};
pub use bootstrap::Estimate;
pub(crate) use bootstrap::bootstrap;
pub use calibration::{Calibration, ReliabilityBin, expected_calibration_error};
pub use conformal::{SetFigures, conformal_threshold};
pub use figures::{EmotionFigures, Figures};
pub use patience::HeardFigures;
pub use people::{SexFigures, SpeakerFigures};
pub use spread::Spread;
pub use variant::{ChangedFigures, VariantFigures};
