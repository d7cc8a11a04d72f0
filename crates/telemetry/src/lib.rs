//! Log set-up and the metrics of every stage.
//!
//! Metric names begin with `undertone_`, are in base units, and carry few, bounded labels.
#![forbid(unsafe_code)]

mod drift_metrics;
mod engine_metrics;
mod error;
mod experiment_metrics;
mod inference_metrics;
mod logging;
mod metrics;
mod model_metrics;
mod process_metrics;
mod registry;
mod rpc_metrics;
mod step_times;
mod store_metrics;
mod traces;

pub use drift_metrics::DriftMetrics;
pub use engine_metrics::EngineMetrics;
pub use error::TelemetryError;
pub use experiment_metrics::ExperimentMetrics;
pub use inference_metrics::InferenceMetrics;
pub use logging::{LogFormat, check_filter, init_logging};
pub use metrics::Metrics;
pub use model_metrics::ModelMetrics;
pub use process_metrics::ProcessMetrics;
pub use registry::Description;
pub use rpc_metrics::RpcMetrics;
pub use step_times::{ModelSteps, StepKind, StepTimes, Tally};
pub use store_metrics::StoreMetrics;
pub use traces::{CallSpan, TraceExport, TraceParent, Traces};
