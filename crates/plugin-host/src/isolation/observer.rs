//! What is measured about processes.

use super::breaker::BreakerState;
use undertone_core::ModelRef;

/// Whose process it is.
#[derive(Debug, Clone, Copy)]
pub struct ProcessOf<'a> {
    /// The model that it works for.
    pub model: &'a ModelRef,
    /// Which of the model's plugins it runs.
    pub plugin: &'a str,
}

/// Is told what happens to processes of plugins. Called from any thread, and must be quick.
pub trait ProcessObserver: Send + Sync {
    /// A process has loaded its plugin; `again` when it takes a lost one's place.
    fn started(&self, of: ProcessOf<'_>, again: bool);

    /// A process was lost; `reason` is one of a few names.
    fn lost(&self, of: ProcessOf<'_>, reason: &'static str);

    /// Whether new streams are taken.
    fn breaker(&self, of: ProcessOf<'_>, state: BreakerState);

    /// How many processes there are, and how many bytes of them lie in memory. Told about once a second.
    fn memory(&self, of: ProcessOf<'_>, processes: usize, resident_bytes: u64);
}

/// Nobody wants to know.
#[derive(Debug)]
pub(crate) struct Unobserved;

impl ProcessObserver for Unobserved {
    fn started(&self, _: ProcessOf<'_>, _: bool) {}
    fn lost(&self, _: ProcessOf<'_>, _: &'static str) {}
    fn breaker(&self, _: ProcessOf<'_>, _: BreakerState) {}
    fn memory(&self, _: ProcessOf<'_>, _: usize, _: u64) {}
}
