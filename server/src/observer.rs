//! Puts the engine's measurements into metrics.

use std::sync::Arc;
use std::time::Duration;
use undertone_core::{EndReason, ModelRef, PIPELINE_RATE};
use undertone_engine::Observer;
use undertone_telemetry::{EngineMetrics, Metrics};

/// Puts the engine's measurements into metrics.
pub(crate) struct MeteredEngine(pub(crate) Arc<Metrics>);

impl MeteredEngine {
    fn metrics(&self) -> &EngineMetrics {
        &self.0.engine
    }
}

impl Observer for MeteredEngine {
    fn stream_opened(&self, model: &ModelRef) {
        let model = model.to_string();
        self.metrics().streams_open.with_label_values(&[&model]).inc();
        self.metrics().streams_opened.with_label_values(&[&model]).inc();
    }

    fn stream_closed(&self, model: &ModelRef, reason: EndReason) {
        let model = model.to_string();
        self.metrics().streams_open.with_label_values(&[&model]).dec();
        self.metrics().streams_closed.with_label_values(&[model.as_str(), reason.name()]).inc();
    }

    fn audio_processed(&self, samples: u64, took: Duration) {
        self.metrics().audio_seconds.inc_by(PIPELINE_RATE.seconds_of(samples));
        self.metrics().features_busy_seconds.inc_by(took.as_secs_f64());
    }

    fn batch_scored(&self, model: &ModelRef, items: usize, took: Duration) {
        let model = model.to_string();
        self.metrics().inference_seconds.with_label_values(&[&model]).observe(took.as_secs_f64());
        self.metrics().batch_items.with_label_values(&[&model]).observe(items as f64);
    }

    fn queue_waited(&self, waited: Duration) {
        self.metrics().queue_wait_seconds.observe(waited.as_secs_f64());
    }

    fn update_dropped(&self, model: &ModelRef) {
        self.metrics().updates_dropped.with_label_values(&[&model.to_string()]).inc();
    }

    fn updates_thinned(&self, model: &ModelRef, updates: u64) {
        if updates > 0 {
            self.metrics().updates_thinned.with_label_values(&[&model.to_string()]).inc_by(updates);
        }
    }

    fn plugin_failed(&self, model: &ModelRef) {
        self.metrics().plugin_failures.with_label_values(&[&model.to_string()]).inc();
    }

    fn worker_restarted(&self) {
        self.metrics().worker_restarts.inc();
    }

    fn worker_stuck(&self) {
        self.metrics().workers_stuck.inc();
    }
}
