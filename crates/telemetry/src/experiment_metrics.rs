//! Experiments.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{IntCounter, IntCounterVec, Opts};

/// What experiments measure.
#[derive(Debug, Clone)]
pub struct ExperimentMetrics {
    /// `undertone_experiment_exposures_total`
    pub exposures: IntCounter,
    /// `undertone_experiment_arms_stopped_total{tenant, experiment, arm}`
    pub arms_stopped: IntCounterVec,
    /// `undertone_shadow_utterances_total{model, outcome}`; outcome is `recorded`, `dropped`, `unfit`, `failed`, `broken` or `suspended`.
    pub shadows: IntCounterVec,
    /// `undertone_feedback_total`
    pub feedback: IntCounter,
}

impl ExperimentMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let counter = |name: &str, help: &str| registered(registry, IntCounter::new(name, help));
        let by = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        Ok(Self {
            exposures: counter("experiment_exposures_total", "Units first shown an arm of an experiment")?,
            arms_stopped: by(
                "experiment_arms_stopped_total",
                "Arms that were stopped: they breached a guardrail, or listened along and broke",
                &["tenant", "experiment", "arm"],
            )?,
            shadows: by(
                "shadow_utterances_total",
                "Utterances for models that listen along, by model and outcome",
                &["model", "outcome"],
            )?,
            feedback: counter("feedback_total", "Judgements of answers that were new")?,
        })
    }
}
