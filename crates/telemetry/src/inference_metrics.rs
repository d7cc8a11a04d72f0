//! Requests of the Open Inference Protocol.

use crate::registry::{Registry, registered};
use crate::{StepTimes, TelemetryError};
use prometheus::{GaugeVec, HistogramOpts, HistogramVec, Opts};

const SECONDS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0];

/// What the service of the Open Inference Protocol measures. The label `model` is `name@version` of a loaded model.
#[derive(Debug, Clone)]
pub struct InferenceMetrics {
    /// `undertone_inference_request_seconds{model, outcome}`; outcome is [`ANSWERED`](Self::ANSWERED) or [`FAILED`](Self::FAILED).
    pub request_seconds: HistogramVec,
    /// `undertone_inference_last_answer_timestamp_seconds{model}`; since 1970.
    pub last_answer: GaugeVec,
    /// What the steps took, which no metric tells.
    pub steps: StepTimes,
}

impl InferenceMetrics {
    /// The outcome of a request that was answered.
    pub const ANSWERED: &'static str = "answered";
    /// The outcome of one that was not.
    pub const FAILED: &'static str = "failed";

    /// Forgets what was measured about a model that nobody can ask any more.
    pub fn forget(&self, model: &str) {
        for outcome in [Self::ANSWERED, Self::FAILED] {
            // Fails for a series that was never there.
            let _ = self.request_seconds.remove_label_values(&[model, outcome]);
        }
        let _ = self.last_answer.remove_label_values(&[model]);
        self.steps.forget(model);
    }

    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let seconds = HistogramOpts::new(
            "inference_request_seconds",
            "Time of one request of the Open Inference Protocol, by what became of it",
        );
        let last = Opts::new(
            "inference_last_answer_timestamp_seconds",
            "When the last request of the Open Inference Protocol was answered, since 1970",
        );
        let seconds = HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["model", "outcome"]);
        Ok(Self {
            request_seconds: registered(registry, seconds)?,
            last_answer: registered(registry, GaugeVec::new(last, &["model"]))?,
            steps: StepTimes::default(),
        })
    }
}
