//! What is measured about processes.

use super::breaker::BreakerState;
use undertone_core::ModelRef;

/// Is told what happens to processes of plugins. Called from any thread, and must be quick.
pub trait ProcessObserver: Send + Sync {
    /// A process of this model has loaded its plugin; `again` when it takes a lost one's place.
    fn started(&self, model: &ModelRef, again: bool);

    /// A process of this model was lost; `reason` is one of a few names.
    fn lost(&self, model: &ModelRef, reason: &'static str);

    /// Whether this model takes new streams.
    fn breaker(&self, model: &ModelRef, state: BreakerState);

    /// How many processes this model has, and how many bytes of them lie in memory. Told about once a second.
    fn memory(&self, model: &ModelRef, processes: usize, resident_bytes: u64);
}

/// Nobody wants to know.
#[derive(Debug)]
pub(crate) struct Unobserved;

impl ProcessObserver for Unobserved {
    fn started(&self, _: &ModelRef, _: bool) {}
    fn lost(&self, _: &ModelRef, _: &'static str) {}
    fn breaker(&self, _: &ModelRef, _: BreakerState) {}
    fn memory(&self, _: &ModelRef, _: usize, _: u64) {}
}
