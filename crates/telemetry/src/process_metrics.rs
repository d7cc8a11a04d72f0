//! Processes of plugins.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{IntCounterVec, IntGaugeVec, Opts};

/// What is measured about plugins that run in processes of their own. The label `model` is `name@version`.
#[derive(Debug, Clone)]
pub struct ProcessMetrics {
    /// `undertone_plugin_processes_started_total{model}`
    pub started: IntCounterVec,
    /// `undertone_plugin_process_restarts_total{model}`
    pub restarts: IntCounterVec,
    /// `undertone_plugin_processes_lost_total{model, reason}`
    pub lost: IntCounterVec,
    /// `undertone_plugin_breaker{model, state}`; 1 for the state that it is in: closed, trial or open.
    pub breaker: IntGaugeVec,
    /// `undertone_plugin_processes{model}`
    pub alive: IntGaugeVec,
    /// `undertone_plugin_processes_resident_bytes{model}`
    pub resident_bytes: IntGaugeVec,
}

impl ProcessMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntGaugeVec::new(Opts::new(name, help), labels))
        };
        Ok(Self {
            started: counter(
                "plugin_processes_started_total",
                "Processes that loaded their plugin",
                &["model"],
            )?,
            restarts: counter(
                "plugin_process_restarts_total",
                "Processes that took a lost one's place",
                &["model"],
            )?,
            lost: counter(
                "plugin_processes_lost_total",
                "Processes that were lost, by how",
                &["model", "reason"],
            )?,
            breaker: gauge(
                "plugin_breaker",
                "1 for the breaker's state: closed, trial, or open, when the model takes no new streams",
                &["model", "state"],
            )?,
            alive: gauge("plugin_processes", "Processes that run a plugin now", &["model"])?,
            resident_bytes: gauge(
                "plugin_processes_resident_bytes",
                "Memory of those processes, shared pages counted in each",
                &["model"],
            )?,
        })
    }
}
