//! Models that come and go.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts};

const SECONDS: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// What is measured about the set of models.
#[derive(Debug, Clone)]
pub struct ModelMetrics {
    /// `undertone_model_versions{state}`; state is `loading`, `ready`, `draining`, `refused` or `unloaded`.
    pub versions: IntGaugeVec,
    /// `undertone_model_loads_total{outcome}`; outcome is `ready` or `refused`.
    pub loads: IntCounterVec,
    /// `undertone_model_load_seconds`
    pub load_seconds: Histogram,
    /// `undertone_model_swaps_total`
    pub swaps: IntCounter,
}

impl ModelMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let versions = Opts::new("model_versions", "Versions of models that the server knows, by state");
        let loads = Opts::new("model_loads_total", "Attempts to load a version, by what became of it");
        let seconds = HistogramOpts::new(
            "model_load_seconds",
            "Time from the first look at a bundle until it takes streams or is refused",
        );
        Ok(Self {
            versions: registered(registry, IntGaugeVec::new(versions, &["state"]))?,
            loads: registered(registry, IntCounterVec::new(loads, &["outcome"]))?,
            load_seconds: registered(registry, Histogram::with_opts(seconds.buckets(SECONDS.to_vec())))?,
            swaps: registered(
                registry,
                IntCounter::new(
                    "model_swaps_total",
                    "Times that another version began to answer for its model",
                ),
            )?,
        })
    }
}
