//! Who calls.

use super::{Allowance, Passage, Refusal};
use std::sync::Arc;
use std::time::Instant;
use tonic::metadata::MetadataMap;
use undertone_telemetry::TraceParent;

/// The tenant of calls without a key.
pub(crate) const NOBODYS: &str = "default";

/// Who calls: whose records a call makes, and may see.
#[derive(Debug, Clone)]
pub struct Caller {
    tenant: Arc<str>,
    key_id: Option<Arc<str>>,
    allowance: Option<Arc<Allowance>>,
    trace: Option<Arc<TraceParent>>,
}

impl Caller {
    /// Anybody, on a server without keys.
    pub fn anyone() -> Self {
        Self { tenant: NOBODYS.into(), key_id: None, allowance: None, trace: None }
    }

    /// The holder of the key `id`.
    pub(crate) fn with_key(id: &str, tenant: Arc<str>, allowance: Arc<Allowance>) -> Self {
        Self { tenant, key_id: Some(id.into()), allowance: Some(allowance), trace: None }
    }

    /// Who made this request, as the layer in front of the services found out.
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        // In process there is no layer, and nobody to be kept out.
        let caller = request.extensions().get::<Self>().cloned().unwrap_or_else(Self::anyone);
        Self { trace: trace_of(request.metadata()), ..caller }
    }

    /// Whose records its calls make, and may see.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The part that may be shown of the key that it came with, if one was wanted.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The tenant whose records alone it may see: that of its key; none where no key is wanted.
    pub(crate) fn bound_to(&self) -> Option<&str> {
        self.allowance.is_some().then(|| self.tenant())
    }

    /// The trace that its call belongs to.
    pub(crate) fn trace(&self) -> Option<&TraceParent> {
        self.trace.as_deref()
    }

    /// Begins a stream that counts against the caller's quota.
    pub(crate) fn enter(&self) -> Result<Passage, Refusal> {
        self.allowance.as_ref().map_or(Ok(Passage::free()), |allowance| allowance.enter(Instant::now()))
    }
}

fn trace_of(metadata: &MetadataMap) -> Option<Arc<TraceParent>> {
    let text = |key| metadata.get(key).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Some(Arc::new(TraceParent { parent: text("traceparent")?, state: text("tracestate") }))
}
