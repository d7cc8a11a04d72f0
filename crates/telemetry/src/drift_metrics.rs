//! How far models are from their training.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{Gauge, GaugeVec, Opts};

/// What is told about drift.
#[derive(Debug, Clone)]
pub struct DriftMetrics {
    /// `undertone_drift_stability_index{model, measure}`
    pub stability_index: GaugeVec,
    /// `undertone_drift_divergence{model, measure}`
    pub divergence: GaugeVec,
    /// `undertone_drift_stability_threshold`
    pub stability_threshold: Gauge,
    /// `undertone_drift_divergence_threshold`
    pub divergence_threshold: Gauge,
}

impl DriftMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let by = |name: &str, help: &str| {
            registered(registry, GaugeVec::new(Opts::new(name, help), &["model", "measure"]))
        };
        let gauge = |name: &str, help: &str| registered(registry, Gauge::new(name, help));
        Ok(Self {
            stability_index: by(
                "drift_stability_index",
                "Population stability index of what is heard (level, snr, speech, f0) or answered (labels) against the training",
            )?,
            divergence: by("drift_divergence", "Jensen-Shannon divergence of the same, in bits")?,
            stability_threshold: gauge(
                "drift_stability_threshold",
                "The index from which on a measure counts as drifted (drift.stability_index)",
            )?,
            divergence_threshold: gauge(
                "drift_divergence_threshold",
                "The divergence from which on it does (drift.divergence)",
            )?,
        })
    }
}
