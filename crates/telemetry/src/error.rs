//! What can go wrong while telemetry is set up.

/// Telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A metric could not be made or registered.
    #[error("a metric could not be registered: {0}")]
    Metric(#[from] prometheus::Error),
    /// The log filter is not understood.
    #[error("log.filter = {filter:?} is not understood: {message}")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        message: String,
    },
    /// Spans cannot be sent there.
    #[error("traces cannot be sent to {endpoint:?}: {message}")]
    Exporter {
        /// The collector.
        endpoint: String,
        /// What is wrong with it.
        message: String,
    },
    /// Logging was set up twice.
    #[error("logging is already set up")]
    AlreadySetUp,
}
