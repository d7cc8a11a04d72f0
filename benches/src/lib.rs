//! Benchmarks. Each measures its work and a baseline in turns, in one run, so that the ratios hold on any
//! machine, and reports medians with their spread.
#![forbid(unsafe_code)]

mod analytics;
mod bare;
mod clip;
mod contest;
mod engines;
mod experiments;
mod features;
mod growth;
mod isolation;
mod machine;
mod memory;
mod noise;
mod options;
mod peers;
mod python;
mod record;
mod report;
mod scored;
mod serving;
mod startup;
mod stateful;
mod streams;
mod tax;
mod train;
mod untrained;

pub use analytics::measure_analytics;
pub use clip::measure_clip;
pub use engines::measure_engines;
pub use experiments::measure_experiments;
pub use features::measure_features;
pub use growth::measure_growth;
pub use isolation::measure_isolation;
pub use machine::Machine;
pub use memory::measure_memory;
pub use options::Options;
pub use peers::measure_peers;
pub use record::measure_record;
pub use report::{Aim, Figure, Report, Run};
pub use startup::measure_startup;
pub use stateful::measure_stateful;
pub use streams::measure_streams;
pub use tax::measure_tax;
pub use train::measure_train;
pub use untrained::write_untrained;

pub(crate) use noise::noise;
