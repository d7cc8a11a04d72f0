//! Records.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts};

const SECONDS: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

/// What recording measures.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    /// `undertone_records_total{kind, outcome}`; outcome is `durable`, `failed` or `lost`.
    pub records: IntCounterVec,
    /// `undertone_waiting_records`
    pub waiting: IntGauge,
    /// `undertone_journal_state{state}`
    pub journal_state: IntGaugeVec,
    /// `undertone_set_aside_records`
    pub set_aside: IntGauge,
    /// `undertone_postgres_shipped_records`
    pub postgres_shipped: IntGauge,
    /// `undertone_record_seconds`
    pub record_seconds: Histogram,
    /// `undertone_postgres_pending_records`
    pub postgres_pending: IntGauge,
    /// `undertone_postgres_connected`
    pub postgres_connected: IntGauge,
}

impl StoreMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, TelemetryError> {
        let gauge = |name: &str, help: &str| registered(registry, IntGauge::new(name, help));
        let seconds = HistogramOpts::new("record_seconds", "Time until a record was durable in the journal");
        Ok(Self {
            records: registered(
                registry,
                IntCounterVec::new(
                    Opts::new("records_total", "Records, by kind and outcome"),
                    &["kind", "outcome"],
                ),
            )?,
            waiting: gauge("waiting_records", "Records that wait in memory for the journal")?,
            journal_state: registered(
                registry,
                IntGaugeVec::new(
                    Opts::new("journal_state", "1 for the state that the journal is in"),
                    &["state"],
                ),
            )?,
            set_aside: gauge(
                "set_aside_records",
                "Records that a database refused, kept aside in the journal",
            )?,
            postgres_shipped: gauge(
                "postgres_shipped_records",
                "Journal records that reached Postgres since the start",
            )?,
            record_seconds: registered(registry, Histogram::with_opts(seconds.buckets(SECONDS.to_vec())))?,
            postgres_pending: gauge("postgres_pending_records", "Journal records not yet in Postgres")?,
            postgres_connected: gauge("postgres_connected", "1 while Postgres can be reached, else 0")?,
        })
    }
}
