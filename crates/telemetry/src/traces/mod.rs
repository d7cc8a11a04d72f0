//! Traces: one span for each call, with one for each answer below it, sent to a collector over OTLP. A caller that sends W3C
//! trace context (<https://www.w3.org/TR/trace-context/>) finds them in its own trace.

mod call_span;
mod export;

pub use call_span::CallSpan;
pub use export::TraceExport;

use crate::TelemetryError;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanKind, Tracer, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::Duration;

/// How long the last spans may take to be sent.
const FAREWELL: Duration = Duration::from_secs(5);

/// Makes spans, or none when nobody wants them.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Sending>);

#[derive(Debug, Clone)]
struct Sending {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The trace that a caller's request belongs to: the values of its two headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceParent {
    /// `traceparent`
    pub parent: String,
    /// `tracestate`
    pub state: Option<String>,
}

impl Traces {
    /// No spans.
    pub fn off() -> Self {
        Self(None)
    }

    /// Spans that are sent to a collector, in batches and in the background; when it cannot be reached, they are dropped.
    /// Inside a tokio runtime only.
    ///
    /// # Errors
    /// When the endpoint is not a URL.
    pub fn export(export: &TraceExport) -> Result<Self, TelemetryError> {
        let provider = export.provider()?;
        let tracer = provider.tracer("undertone");
        Ok(Self(Some(Sending { provider, tracer })))
    }

    /// Begins the span of a call to the gRPC method `method`, as in `undertone.v1.Recognizer/Recognize`.
    pub fn call(&self, method: &'static str, caller: Option<&TraceParent>) -> CallSpan {
        let Some(sending) = &self.0 else { return CallSpan::none() };
        let parent = caller.map_or_else(Context::new, TraceParent::context);
        let builder = sending.tracer.span_builder(method).with_kind(SpanKind::Server);
        let span = sending.tracer.build_with_context(builder, &parent);
        CallSpan::new(sending.tracer.clone(), span, method)
    }

    /// Sends what has not been sent.
    pub async fn close(self) {
        let Some(Sending { provider, .. }) = self.0 else { return };
        // It blocks until the collector has answered or the time is over.
        let _ = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL)).await;
    }
}

impl TraceParent {
    fn context(&self) -> Context {
        // Headers that are none make a trace of its own.
        TraceContextPropagator::new().extract_with_context(&Context::new(), self)
    }
}

impl Extractor for TraceParent {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(&self.parent),
            "tracestate" => self.state.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}
