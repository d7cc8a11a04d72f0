//! Where metrics are registered, and what is known about each.

use crate::TelemetryError;
use prometheus::core::Collector;
use prometheus::proto::{MetricFamily, MetricType};
use std::sync::{Mutex, PoisonError};

/// What all names begin with.
const PREFIX: &str = "undertone";

/// Where the metrics of one server are registered.
#[derive(Debug)]
pub(crate) struct Registry {
    metrics: prometheus::Registry,
    known: Mutex<Vec<Description>>,
}

/// What is known about a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its whole name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// One sentence.
    pub help: String,
}

impl Registry {
    pub(crate) fn new() -> Result<Self, TelemetryError> {
        let metrics = prometheus::Registry::new_custom(Some(PREFIX.into()), None)?;
        Ok(Self { metrics, known: Mutex::default() })
    }

    /// Adds the process's own metrics, which are described elsewhere.
    pub(crate) fn register_process(&self) -> Result<(), TelemetryError> {
        #[cfg(target_os = "linux")]
        self.metrics.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    /// Every metric with a value.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        self.metrics.gather()
    }

    /// Every metric, in the order of registration.
    pub(crate) fn known(&self) -> Vec<Description> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, metric: &impl Collector) {
        let families = metric.collect();
        let described = metric.desc().into_iter().zip(&families).map(|(desc, family)| Description {
            name: format!("{PREFIX}_{}", desc.fq_name),
            kind: kind_of(family),
            labels: desc.variable_labels.clone(),
            help: desc.help.clone(),
        });
        self.known.lock().unwrap_or_else(PoisonError::into_inner).extend(described);
    }
}

fn kind_of(family: &MetricFamily) -> &'static str {
    match family.get_field_type() {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        MetricType::SUMMARY => "summary",
        MetricType::UNTYPED => "untyped",
    }
}

/// Registers `metric` and hands it back.
pub(crate) fn registered<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: Result<M, prometheus::Error>,
) -> Result<M, TelemetryError> {
    let metric = metric?;
    registry.metrics.register(Box::new(metric.clone()))?;
    registry.note(&metric);
    Ok(metric)
}
