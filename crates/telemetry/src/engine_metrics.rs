//! Streams, audio and models.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{
    Counter, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts,
};

const SECONDS: &[f64] = &[0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];
const ITEMS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// What the engine measures. The label `model` is `name@version` of a loaded model.
#[derive(Debug, Clone)]
pub struct EngineMetrics {
    /// `undertone_streams_open{model}`
    pub streams_open: IntGaugeVec,
    /// `undertone_streams_opened_total{model}`
    pub streams_opened: IntCounterVec,
    /// `undertone_streams_resumed_total{model}`
    pub streams_resumed: IntCounterVec,
    /// `undertone_streams_closed_total{model, reason}`
    pub streams_closed: IntCounterVec,
    /// `undertone_audio_seconds_total`
    pub audio_seconds: Counter,
    /// `undertone_features_busy_seconds_total`
    pub features_busy_seconds: Counter,
    /// `undertone_queue_wait_seconds`
    pub queue_wait_seconds: Histogram,
    /// `undertone_inference_seconds{model}`
    pub inference_seconds: HistogramVec,
    /// `undertone_batch_items{model}`
    pub batch_items: HistogramVec,
    /// `undertone_results_total{model, kind}`
    pub results: IntCounterVec,
    /// `undertone_answer_seconds{model, kind}`; kind is `final` or `update`.
    pub answer_seconds: HistogramVec,
    /// `undertone_updates_dropped_total{model}`
    pub updates_dropped: IntCounterVec,
    /// `undertone_updates_thinned_total{model}`
    pub updates_thinned: IntCounterVec,
    /// `undertone_plugin_failures_total{model}`
    pub plugin_failures: IntCounterVec,
    /// `undertone_worker_restarts_total`
    pub worker_restarts: IntCounter,
    /// `undertone_workers_stuck_total`
    pub workers_stuck: IntCounter,
}

impl EngineMetrics {
    /// Forgets what was measured about a model that nobody can ask any more.
    pub fn forget(&self, model: &str) {
        // Fails for a series that was never there.
        let _ = self.streams_open.remove_label_values(&[model]);
        for counter in [
            &self.streams_opened,
            &self.streams_resumed,
            &self.updates_dropped,
            &self.updates_thinned,
            &self.plugin_failures,
        ] {
            let _ = counter.remove_label_values(&[model]);
        }
        for reason in ["finished", "cancelled", "timed_out", "drained", "failed"] {
            let _ = self.streams_closed.remove_label_values(&[model, reason]);
        }
        for kind in ["final", "update"] {
            let _ = self.results.remove_label_values(&[model, kind]);
            let _ = self.answer_seconds.remove_label_values(&[model, kind]);
        }
        for histogram in [&self.inference_seconds, &self.batch_items] {
            let _ = histogram.remove_label_values(&[model]);
        }
    }

    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let seconds = |name: &str, help: &str| HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        Ok(Self {
            streams_open: registered(
                registry,
                IntGaugeVec::new(Opts::new("streams_open", "Streams that workers own now"), &["model"]),
            )?,
            streams_opened: counter("streams_opened_total", "Streams given to a worker", &["model"])?,
            streams_resumed: counter("streams_resumed_total", "Broken streams taken up again", &["model"])?,
            streams_closed: counter(
                "streams_closed_total",
                "Streams that ended, by why",
                &["model", "reason"],
            )?,
            audio_seconds: registered(
                registry,
                Counter::new("audio_seconds_total", "Audio that went through decoder and features"),
            )?,
            features_busy_seconds: registered(
                registry,
                Counter::new("features_busy_seconds_total", "Worker time in decoder, features and segmenter"),
            )?,
            queue_wait_seconds: registered(
                registry,
                Histogram::with_opts(seconds(
                    "queue_wait_seconds",
                    "Time that audio or a tensor waited for its worker",
                )),
            )?,
            inference_seconds: registered(
                registry,
                HistogramVec::new(seconds("inference_seconds", "Time of one classifier call"), &["model"]),
            )?,
            batch_items: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new("batch_items", "Items of one classifier call").buckets(ITEMS.to_vec()),
                    &["model"],
                ),
            )?,
            results: counter("results_total", "Results sent, by kind (final or update)", &["model", "kind"])?,
            answer_seconds: registered(
                registry,
                HistogramVec::new(
                    seconds(
                        "answer_seconds",
                        "Time that an answer took in its worker: waiting, features and the model's run",
                    ),
                    &["model", "kind"],
                ),
            )?,
            updates_dropped: counter(
                "updates_dropped_total",
                "Updates dropped for slow readers",
                &["model"],
            )?,
            updates_thinned: counter(
                "updates_thinned_total",
                "Updates of live streams left out while their worker was behind",
                &["model"],
            )?,
            plugin_failures: counter("plugin_failures_total", "Plugin calls that failed", &["model"])?,
            worker_restarts: registered(
                registry,
                IntCounter::new("worker_restarts_total", "Workers that panicked and started anew"),
            )?,
            workers_stuck: registered(
                registry,
                IntCounter::new(
                    "workers_stuck_total",
                    "Workers that were stuck in a plugin and were replaced",
                ),
            )?,
        })
    }
}
