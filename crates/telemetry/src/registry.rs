//! All metrics of one server, and their text form.

use crate::{EngineMetrics, ModelMetrics, RpcMetrics, StoreMetrics, TelemetryError};
use prometheus::core::Collector;
use prometheus::{Encoder, Registry, TextEncoder};

/// All metrics of one server. There is no global registry: two servers in one process do not mix.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Streams, audio and models.
    pub engine: EngineMetrics,
    /// Models that come and go.
    pub models: ModelMetrics,
    /// Calls.
    pub rpc: RpcMetrics,
    /// Records.
    pub store: StoreMetrics,
}

impl Metrics {
    /// Makes and registers every metric, and the process metrics of Linux.
    pub fn new() -> Result<Self, TelemetryError> {
        let registry = Registry::new_custom(Some("undertone".into()), None)?;
        let metrics = Self {
            engine: EngineMetrics::register(&registry)?,
            models: ModelMetrics::register(&registry)?,
            rpc: RpcMetrics::register(&registry)?,
            store: StoreMetrics::register(&registry)?,
            registry,
        };
        #[cfg(target_os = "linux")]
        metrics.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(metrics)
    }

    /// The Prometheus text format, version 0.0.4.
    pub fn encode(&self) -> Result<String, TelemetryError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Registers `metric` and hands it back.
pub(crate) fn registered<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: Result<M, prometheus::Error>,
) -> Result<M, TelemetryError> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
