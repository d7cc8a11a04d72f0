//! Where spans go.

use crate::TelemetryError;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

/// Where spans go, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceExport {
    /// The collector, OTLP over gRPC, as `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// Share of the calls that are traced, 0 to 1; a caller's trace decides for itself.
    pub sample: f64,
    /// What the server is called in traces.
    pub service: String,
}

impl TraceExport {
    pub(super) fn provider(&self) -> Result<SdkTracerProvider, TelemetryError> {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(&self.endpoint).build();
        let exporter = exporter.map_err(|error| TelemetryError::Exporter {
            endpoint: self.endpoint.clone(),
            message: error.to_string(),
        })?;
        let resource = Resource::builder_empty()
            .with_service_name(self.service.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(self.sample)));
        Ok(SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build())
    }
}
