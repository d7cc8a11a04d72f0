//! Calls.

use crate::TelemetryError;
use crate::registry::registered;
use prometheus::{IntCounterVec, Opts, Registry};

/// What the gRPC side measures.
#[derive(Debug, Clone)]
pub struct RpcMetrics {
    /// `undertone_rpc_finished_total{method, code}`; code as gRPC spells it, for instance `INVALID_ARGUMENT`.
    pub finished: IntCounterVec,
}

impl RpcMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let opts = Opts::new("rpc_finished_total", "Calls that ended, by method and gRPC code");
        Ok(Self { finished: registered(registry, IntCounterVec::new(opts, &["method", "code"]))? })
    }
}
