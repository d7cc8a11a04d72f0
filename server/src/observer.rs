//! Puts the engine's measurements into metrics.

use std::sync::Arc;
use std::time::Duration;
use undertone_core::{EndReason, ModelRef, PIPELINE_RATE};
use undertone_engine::Observer;
use undertone_plugin_host::isolation::{BreakerState, ProcessObserver, ProcessOf};
use undertone_telemetry::{EngineMetrics, Metrics, ProcessMetrics, StepKind, StepTimes};

/// Puts the engine's measurements into metrics.
pub(crate) struct MeteredEngine(pub(crate) Arc<Metrics>);

impl MeteredEngine {
    fn metrics(&self) -> &EngineMetrics {
        &self.0.engine
    }

    fn steps(&self) -> &StepTimes {
        &self.0.inference.steps
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

    fn audio_processed(&self, model: &ModelRef, samples: u64, took: Duration) {
        self.metrics().audio_seconds.inc_by(PIPELINE_RATE.seconds_of(samples));
        self.metrics().features_busy_seconds.inc_by(took.as_secs_f64());
        self.steps().spent(&model.to_string(), StepKind::Input, took);
    }

    fn batch_scored(&self, model: &ModelRef, items: usize, took: Duration) {
        let model = model.to_string();
        self.metrics().inference_seconds.with_label_values(&[&model]).observe(took.as_secs_f64());
        self.metrics().batch_items.with_label_values(&[&model]).observe(items as f64);
        self.steps().scored(&model, items, took);
    }

    fn queue_waited(&self, model: &ModelRef, waited: Duration) {
        self.metrics().queue_wait_seconds.observe(waited.as_secs_f64());
        self.steps().spent(&model.to_string(), StepKind::Queue, waited);
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

/// Puts what happens to processes of plugins into metrics.
pub(crate) struct MeteredProcesses(pub(crate) Arc<Metrics>);

impl MeteredProcesses {
    fn metrics(&self) -> &ProcessMetrics {
        &self.0.processes
    }
}

impl ProcessObserver for MeteredProcesses {
    fn started(&self, of: ProcessOf<'_>, again: bool) {
        let labels = &labels(of);
        self.metrics().started.with_label_values(labels).inc();
        self.metrics().restarts.with_label_values(labels).inc_by(u64::from(again));
    }

    fn lost(&self, of: ProcessOf<'_>, reason: &'static str) {
        let [model, plugin] = labels(of);
        self.metrics().lost.with_label_values(&[model, plugin, reason.to_owned()]).inc();
    }

    fn breaker(&self, of: ProcessOf<'_>, state: BreakerState) {
        let [model, plugin] = labels(of);
        for own in [BreakerState::Closed, BreakerState::Trial, BreakerState::Open] {
            let labels = [model.as_str(), plugin.as_str(), own.name()];
            self.metrics().breaker.with_label_values(&labels).set(i64::from(own == state));
        }
    }

    fn memory(&self, of: ProcessOf<'_>, processes: usize, resident_bytes: u64) {
        let labels = &labels(of);
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.metrics().alive.with_label_values(labels).set(whole(processes as u64));
        self.metrics().resident_bytes.with_label_values(labels).set(whole(resident_bytes));
    }
}

/// `model` and `plugin`.
fn labels(of: ProcessOf<'_>) -> [String; 2] {
    [of.model.to_string(), of.plugin.to_owned()]
}
