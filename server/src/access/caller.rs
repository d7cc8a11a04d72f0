//! Who calls.

use super::{Allowance, Passage, Refusal};
use std::sync::Arc;
use std::time::Instant;

/// The tenant of calls without a key.
const NOBODYS: &str = "default";

/// Who calls: whose records a call makes, and may see.
#[derive(Debug, Clone)]
pub struct Caller {
    tenant: Arc<str>,
    allowance: Option<Arc<Allowance>>,
}

impl Caller {
    /// Anybody, on a server without keys.
    pub fn anyone() -> Self {
        Self { tenant: NOBODYS.into(), allowance: None }
    }

    /// The holder of a key.
    pub(crate) fn with_key(tenant: Arc<str>, allowance: Arc<Allowance>) -> Self {
        Self { tenant, allowance: Some(allowance) }
    }

    /// Who made this request, as the layer in front of the services found out.
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        // In process there is no layer, and nobody to be kept out.
        request.extensions().get::<Self>().cloned().unwrap_or_else(Self::anyone)
    }

    /// Whose records its calls make, and may see.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Begins a stream that counts against the caller's quota.
    pub(crate) fn enter(&self) -> Result<Passage, Refusal> {
        self.allowance.as_ref().map_or(Ok(Passage::free()), |allowance| allowance.enter(Instant::now()))
    }
}
