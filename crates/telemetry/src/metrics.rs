//! All metrics of one server, and their text form.

use crate::registry::{Description, Registry, registered};
use crate::{
    DriftMetrics, EngineMetrics, ExperimentMetrics, InferenceMetrics, ModelMetrics, ProcessMetrics,
    RpcMetrics, StoreMetrics, TelemetryError,
};
use prometheus::{Encoder, IntGaugeVec, Opts, TextEncoder};

/// All metrics of one server. There is no global registry: two servers in one process do not mix.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Streams, audio and models.
    pub engine: EngineMetrics,
    /// Processes of plugins.
    pub processes: ProcessMetrics,
    /// Models that come and go.
    pub models: ModelMetrics,
    /// Calls.
    pub rpc: RpcMetrics,
    /// Requests of the Open Inference Protocol.
    pub inference: InferenceMetrics,
    /// Records.
    pub store: StoreMetrics,
    /// Experiments and feedback.
    pub experiments: ExperimentMetrics,
    /// How far models are from their training.
    pub drift: DriftMetrics,
}

impl Metrics {
    /// Makes and registers every metric, and the process metrics of Linux.
    pub fn new() -> Result<Self, TelemetryError> {
        let registry = Registry::new()?;
        let build = Opts::new("build_info", "Always 1; its label is the version of the server");
        let build = registered(&registry, IntGaugeVec::new(build, &["version"]))?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let metrics = Self {
            engine: EngineMetrics::register(&registry)?,
            processes: ProcessMetrics::register(&registry)?,
            models: ModelMetrics::register(&registry)?,
            rpc: RpcMetrics::register(&registry)?,
            inference: InferenceMetrics::register(&registry)?,
            store: StoreMetrics::register(&registry)?,
            experiments: ExperimentMetrics::register(&registry)?,
            drift: DriftMetrics::register(&registry)?,
            registry,
        };
        metrics.registry.register_process()?;
        Ok(metrics)
    }

    /// The Prometheus text format, version 0.0.4.
    pub fn encode(&self) -> Result<String, TelemetryError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// What is known about every metric, those of the process aside; also about those without a value yet.
    pub fn descriptions(&self) -> Vec<Description> {
        self.registry.known()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_say_their_kind() {
        let known = Metrics::new().unwrap().descriptions();
        let names: std::collections::BTreeSet<_> = known.iter().map(|metric| &metric.name).collect();
        assert_eq!(names.len(), known.len());
        for metric in &known {
            assert_eq!(metric.kind == "counter", metric.name.ends_with("_total"), "{}", metric.name);
            let has_unit = ["_seconds", "_items", "_bytes"].iter().any(|unit| metric.name.ends_with(unit));
            assert!(metric.kind != "histogram" || has_unit, "{}", metric.name);
            assert!(metric.name.starts_with("undertone_") && !metric.help.is_empty());
        }
    }
}
