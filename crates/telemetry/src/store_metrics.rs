//! Records.

use crate::TelemetryError;
use crate::registry::{Registry, registered};
use prometheus::{
    Counter, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
};
use std::time::Duration;

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
    /// `undertone_journal_bytes`
    pub journal_bytes: IntGauge,
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
    /// `undertone_postgres_last_success_timestamp_seconds`
    pub postgres_last_success: Gauge,
    postgres_batches: IntCounter,
    postgres_batch_seconds: Counter,
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
            journal_bytes: gauge("journal_bytes", "What the journal takes on its disk")?,
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
            postgres_last_success: registered(
                registry,
                Gauge::new(
                    "postgres_last_success_timestamp_seconds",
                    "When records last reached Postgres, since 1970; 0 before the first",
                ),
            )?,
            postgres_batches: registered(
                registry,
                IntCounter::new("postgres_batches_total", "Batches of records that Postgres took"),
            )?,
            postgres_batch_seconds: registered(
                registry,
                Counter::new("postgres_batch_seconds_total", "How long Postgres took for them"),
            )?,
        })
    }

    /// Brings the counters of batches to how many there were and how long they took, all together.
    pub fn show_batches(&self, batches: u64, taken: Duration) {
        self.postgres_batches.inc_by(batches.saturating_sub(self.postgres_batches.get()));
        self.postgres_batch_seconds
            .inc_by((taken.as_secs_f64() - self.postgres_batch_seconds.get()).max(0.0));
    }
}
