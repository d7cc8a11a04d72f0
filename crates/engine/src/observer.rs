//! The port through which the engine tells what it measures.

use std::time::Duration;
use undertone_core::{EndReason, ModelRef};

/// Receives the engine's measurements. Methods are called from worker threads and must be quick.
pub trait Observer: Send + Sync {
    /// A stream was given to a worker.
    fn stream_opened(&self, model: &ModelRef);
    /// A stream was given up by its worker.
    fn stream_closed(&self, model: &ModelRef, reason: EndReason);
    /// Audio of a stream that this model answers went through decoder, extractor and segmenter.
    fn audio_processed(&self, model: &ModelRef, samples: u64, took: Duration);
    /// A classifier was called with a batch.
    fn batch_scored(&self, model: &ModelRef, items: usize, took: Duration);
    /// Audio, or an item of a question, waited for its worker.
    fn queue_waited(&self, model: &ModelRef, waited: Duration);
    /// An update was dropped because its reader was slow.
    fn update_dropped(&self, model: &ModelRef);
    /// So many updates, often none, were left out because the worker was behind.
    fn updates_thinned(&self, model: &ModelRef, updates: u64);
    /// A plugin instance failed.
    fn plugin_failed(&self, model: &ModelRef);
    /// A worker panicked and was started anew; its streams are lost.
    fn worker_restarted(&self);
    /// A worker was stuck and was replaced; its streams are lost.
    fn worker_stuck(&self);
}

/// An observer that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn stream_opened(&self, _: &ModelRef) {}
    fn stream_closed(&self, _: &ModelRef, _: EndReason) {}
    fn audio_processed(&self, _: &ModelRef, _: u64, _: Duration) {}
    fn batch_scored(&self, _: &ModelRef, _: usize, _: Duration) {}
    fn queue_waited(&self, _: &ModelRef, _: Duration) {}
    fn update_dropped(&self, _: &ModelRef) {}
    fn updates_thinned(&self, _: &ModelRef, _: u64) {}
    fn plugin_failed(&self, _: &ModelRef) {}
    fn worker_restarted(&self) {}
    fn worker_stuck(&self) {}
}
