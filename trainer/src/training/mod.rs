//! Learning: batches, augmentation, the optimiser, checkpoints.

mod augmentation;
mod average;
mod batches;
mod checkpoint;
mod objective;
mod optimiser;
mod plan;
mod run;
mod schedule;

pub use batches::Example;
pub use plan::{Augmentation, Plan};
pub use run::{EpochReport, Run, Start};
