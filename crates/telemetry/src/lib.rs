//! Log set-up and the metrics of every stage.
//!
//! Metric names begin with `undertone_`, are in base units, and carry few, bounded labels.
#![forbid(unsafe_code)]

mod engine_metrics;
mod error;
mod logging;
mod metrics;
mod model_metrics;
mod registry;
mod rpc_metrics;
mod store_metrics;

pub use engine_metrics::EngineMetrics;
pub use error::TelemetryError;
pub use logging::{LogFormat, init_logging};
pub use metrics::Metrics;
pub use model_metrics::ModelMetrics;
pub use registry::Description;
pub use rpc_metrics::RpcMetrics;
pub use store_metrics::StoreMetrics;
