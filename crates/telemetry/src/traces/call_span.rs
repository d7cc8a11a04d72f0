//! The span of one call. Names of attributes are those of OpenTelemetry's semantic conventions for RPC
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/>), our own begin with `undertone.`.

use opentelemetry::trace::{Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};
use std::time::{Duration, SystemTime};

/// The span of one call; it ends when it is dropped. Without a collector it costs nothing.
#[derive(Debug)]
pub struct CallSpan(Option<Box<Recorded>>);

#[derive(Debug)]
struct Recorded {
    tracer: SdkTracer,
    span: SdkSpan,
}

impl CallSpan {
    /// Of a call that nobody traces.
    pub const fn none() -> Self {
        Self(None)
    }

    pub(super) fn new(tracer: SdkTracer, mut span: SdkSpan, method: &'static str) -> Self {
        if !span.is_recording() {
            return Self::none();
        }
        let (service, method) = method.split_once('/').unwrap_or(("", method));
        span.set_attribute(KeyValue::new("rpc.system", "grpc"));
        span.set_attribute(KeyValue::new("rpc.service", service));
        span.set_attribute(KeyValue::new("rpc.method", method));
        Self(Some(Box::new(Recorded { tracer, span })))
    }

    /// Notes something about the call.
    pub fn note(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(recorded) = &mut self.0 {
            recorded.span.set_attribute(KeyValue::new(name, value));
        }
    }

    /// Adds a span below that has just ended, and took so long.
    pub fn step(
        &self,
        name: &'static str,
        took: Duration,
        notes: impl FnOnce() -> Vec<(&'static str, Value)>,
    ) {
        let Some(Recorded { tracer, span }) = self.0.as_deref() else { return };
        let end = SystemTime::now();
        let notes = notes().into_iter().map(|(name, value)| KeyValue::new(name, value));
        let builder = tracer
            .span_builder(name)
            .with_kind(SpanKind::Internal)
            .with_start_time(end - took)
            .with_attributes(notes);
        let parent = Context::new().with_remote_span_context(context(span));
        tracer.build_with_context(builder, &parent).end_with_timestamp(end);
    }

    /// Notes how the call ended; `message` only where it failed through no fault of its caller.
    pub fn ended(&mut self, code: &'static str, message: Option<&str>) {
        let Some(recorded) = &mut self.0 else { return };
        recorded.span.set_attribute(KeyValue::new("rpc.response.status_code", code));
        if let Some(message) = message {
            recorded.span.set_status(Status::error(message.to_owned()));
        }
    }
}

fn context(span: &SdkSpan) -> SpanContext {
    span.span_context().clone()
}
