//! What observations say.

mod agreement;
mod arm_figures;
mod bootstrap;
mod calibration;
mod covariate;
mod difference;
mod estimate;
mod figure;
mod holm;
mod interval;
mod mismatch;
mod pairs;
mod plan;
mod power;
mod recall;
mod report;
mod sequence;
mod sums;
mod thompson;

pub use agreement::{Agreement, mcnemar};
pub use arm_figures::{ArmFigures, Latency, Measured};
pub use calibration::calibration_error;
pub use covariate::{Adjusted, Foreseen};
pub use difference::{Change, Difference, Outcome};
pub use estimate::{Effect, Estimate};
pub use holm::holm;
pub use interval::{Interval, wilson};
pub use mismatch::RatioCheck;
pub use pairs::{Paired, paired_sums};
pub use plan::Plan;
pub use power::{Target, days};
pub use report::{Analysis, RATIO_ALARM};
pub use sequence::Sequence;
pub use sums::{Cluster, Sums};
pub use thompson::{Tally, Weighed, inverse_weighted_difference, thompson_weights};
