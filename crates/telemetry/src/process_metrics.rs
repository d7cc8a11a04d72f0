//! Plugins: their processes, and what they count.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{IntCounterVec, IntGaugeVec, Opts};
use std::sync::{Arc, Mutex, PoisonError};

/// What is measured about plugins, above all those that run in processes of their own. The label `model` is `name@version`.
#[derive(Debug, Clone)]
pub struct ProcessMetrics {
    /// `undertone_plugin_processes_started_total{model, plugin}`
    pub started: IntCounterVec,
    /// `undertone_plugin_process_restarts_total{model, plugin}`
    pub restarts: IntCounterVec,
    /// `undertone_plugin_processes_lost_total{model, plugin, reason}`
    pub lost: IntCounterVec,
    /// `undertone_plugin_breaker{model, plugin, state}`; 1 for the state that it is in: closed, trial or open.
    pub breaker: IntGaugeVec,
    /// `undertone_plugin_processes{model, plugin}`
    pub alive: IntGaugeVec,
    /// `undertone_plugin_processes_resident_bytes{model, plugin}`
    pub resident_bytes: IntGaugeVec,
    counted: IntCounterVec,
    /// One shows counters at a time, so that nothing is added twice.
    showing: Arc<Mutex<()>>,
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
                &["model", "plugin"],
            )?,
            restarts: counter(
                "plugin_process_restarts_total",
                "Processes that took a lost one's place",
                &["model", "plugin"],
            )?,
            lost: counter(
                "plugin_processes_lost_total",
                "Processes that were lost, by how",
                &["model", "plugin", "reason"],
            )?,
            breaker: gauge(
                "plugin_breaker",
                "1 for the breaker's state: closed, trial, or open, when the model takes no new streams",
                &["model", "plugin", "state"],
            )?,
            alive: gauge("plugin_processes", "Processes that run a plugin now", &["model", "plugin"])?,
            resident_bytes: gauge(
                "plugin_processes_resident_bytes",
                "Memory of those processes, shared pages counted in each",
                &["model", "plugin"],
            )?,
            counted: counter(
                "plugin_counted_total",
                "What plugins count by the host's service, in the server and in processes of their own",
                &["plugin", "counter"],
            )?,
            showing: Arc::default(),
        })
    }

    /// Shows how far a counter of a plugin has come; `undertone_plugin_counted_total{plugin, counter}`.
    pub fn show_counted<'a>(&self, counters: impl IntoIterator<Item = (&'a str, &'a str, u64)>) {
        let _alone = self.showing.lock().unwrap_or_else(PoisonError::into_inner);
        for (plugin, counter, value) in counters {
            let shown = self.counted.with_label_values(&[plugin, counter]);
            shown.inc_by(value.saturating_sub(shown.get()));
        }
    }
}
