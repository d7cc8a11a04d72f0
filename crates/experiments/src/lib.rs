//! Experiments between models: who gets which, and what the answers prove.
//!
//! [`Experiment`] is a checked [`Definition`]; it assigns units to arms by a stable hash ([`Bucket`]). [`Analysis`] is
//! everything that [`Observations`] say, by intervals and p-values that hold however often one looks ([`Sequence`]), with
//! subjects as what is independent. Nothing here reads, writes or waits.
//!
//! ```
//! use undertone_experiments::{Cluster, Effect, Sequence, Sums};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut control, mut arm) = (Sums::new(1.0), Sums::new(1.0));
//! for subject in 0..400_u32 {
//!     // Right answers of five, by subject.
//!     control.push(Cluster { weight: 5.0, value: f64::from(subject % 5) });
//!     arm.push(Cluster { weight: 5.0, value: f64::from(subject % 6) });
//! }
//! let difference = Effect::between(&control.estimate().ok_or("few")?, &arm.estimate().ok_or("few")?);
//! let sequence = Sequence::new(0.05, 1000)?;
//! let interval = sequence.interval(&difference).ok_or("too early")?;
//! assert!(interval.low > 0.0 && interval.contains(0.1));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod analysis;
mod assignment;
mod definition;
mod error;
mod numerics;
mod observation;

pub use analysis::{
    ANSWERS_BEYOND, Adjusted, Agreement, Analysis, ArmFigures, Change, Cluster, Coverage, Difference, Effect,
    Estimate, Foreseen, Foretold, Interval, Latency, LatencyChange, Measured, Outcome, Paired, Plan,
    RATIO_ALARM, RatioCheck, Sequence, Stratum, Sums, Tally, Target, Weighed, calibration_error, days, holm,
    inverse_weighted_difference, mcnemar, paired_sums, thompson_weights, wilson,
};
pub use assignment::{Allocation, ArmIndex, Assignment, Bucket, Holdout, Origin, Purpose, Run, Slot};
pub use definition::{
    Arm, Better, Definition, Experiment, Goal, Guardrail, Metric, Mistake, State, Unit, Verdict,
};
pub use error::ExperimentError;
pub use numerics::Generator;
pub use observation::{Judgement, Observation, Observations, Subject};
