//! What observations say.

mod agreement;
mod calibration;
mod covariate;
mod estimate;
mod holm;
mod interval;
mod mismatch;
mod power;
mod sequence;
mod sums;

pub use agreement::{Agreement, mcnemar};
pub use calibration::calibration_error;
pub use covariate::{Adjusted, Foreseen};
pub use estimate::{Effect, Estimate};
pub use holm::holm;
pub use interval::{Interval, wilson};
pub use mismatch::RatioCheck;
pub use power::{Target, days};
pub use sequence::Sequence;
pub use sums::{Cluster, Sums};
