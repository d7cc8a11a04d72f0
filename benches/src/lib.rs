//! Benchmarks. Each measures its work and a baseline in turns, in one run, so that the ratios hold on any
//! machine, and reports medians with their spread.
#![forbid(unsafe_code)]

mod features;
mod machine;
mod noise;
mod report;
mod stateful;
mod train;

pub use features::measure_features;
pub use machine::Machine;
pub use report::{Figure, Report, Run};
pub use stateful::measure_stateful;
pub use train::measure_train;

pub(crate) use noise::noise;
