//! Calls.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{IntCounterVec, Opts};

/// What the gRPC side measures.
#[derive(Debug, Clone)]
pub struct RpcMetrics {
    /// `undertone_rpc_finished_total{method, code}`; code as gRPC spells it, for instance `INVALID_ARGUMENT`.
    pub finished: IntCounterVec,
    /// `undertone_calls_refused_total{reason}`; calls that were not let in, for instance for `unknown_key`.
    pub refused: IntCounterVec,
}

impl RpcMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let opts = Opts::new("rpc_finished_total", "Calls that ended, by method and gRPC code");
        let refused = Opts::new("calls_refused_total", "Calls that were not let in, by reason");
        Ok(Self {
            finished: registered(registry, IntCounterVec::new(opts, &["method", "code"]))?,
            refused: registered(registry, IntCounterVec::new(refused, &["reason"]))?,
        })
    }
}
