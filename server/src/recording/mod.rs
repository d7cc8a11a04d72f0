//! Brings records to the journal as the settings say: before a reply or behind it, and what happens while it fails.

mod waiting;

use crate::settings::{Durability, OnFailure, RecordingSettings};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use undertone_core::{Record, RecordError, Recorder};
use undertone_store::JournalState;
use undertone_telemetry::Metrics;
use waiting::Waiting;

/// Brings records to the journal as the settings say.
pub struct RecordKeeper {
    recorder: Arc<dyn Recorder>,
    state: watch::Receiver<JournalState>,
    durability: Durability,
    on_failure: OnFailure,
    waiting: Waiting,
    metrics: Arc<Metrics>,
}

impl RecordKeeper {
    /// A keeper over `recorder`, whose state `state` tells. To be made inside a runtime.
    pub fn new(
        recorder: Arc<dyn Recorder>,
        state: watch::Receiver<JournalState>,
        settings: &RecordingSettings,
        metrics: Arc<Metrics>,
    ) -> Self {
        let waiting = Waiting::start(settings.waiting_records, recorder.clone(), metrics.clone());
        Self {
            recorder,
            state,
            durability: settings.durability,
            on_failure: settings.on_failure,
            waiting,
            metrics,
        }
    }

    /// Why results are kept in memory only, if they are.
    pub(crate) fn suspended(&self) -> Option<String> {
        let failing = self.failure()?;
        (self.on_failure == OnFailure::GoOn).then_some(failing)
    }

    /// Records as configured. A stream is opened only when that is durable.
    pub(crate) async fn record(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        if matches!(record, Record::StreamOpened(_)) {
            return self.record_now(kind, record).await;
        }
        match self.durability {
            Durability::Async => self.record_later(kind, record).await,
            Durability::BeforeReply if self.on_failure == OnFailure::GoOn => {
                let spare = record.clone();
                match self.record_now(kind, record).await {
                    Err(error) if error.kind.may_retry() => self.keep(kind, spare),
                    recorded => recorded,
                }
            }
            Durability::BeforeReply => self.record_now(kind, record).await,
        }
    }

    /// Writes what waits in memory, as far as the journal takes it within `patience`.
    pub(crate) async fn finish(&self, patience: Duration) {
        self.waiting.finish(patience).await;
    }

    async fn record_now(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        let begun = Instant::now();
        let recorded = self.recorder.record(record).await;
        let metrics = &self.metrics.store;
        metrics.record_seconds.observe(begun.elapsed().as_secs_f64());
        let outcome = if recorded.is_ok() { "durable" } else { "failed" };
        metrics.records.with_label_values(&[kind, outcome]).inc();
        recorded
    }

    async fn record_later(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        match (self.failure(), self.on_failure) {
            (None, _) => self.waiting.send(kind, record).await,
            (Some(_), OnFailure::GoOn) => self.keep(kind, record),
            // The journal says by itself what is the matter, or takes it, should it be well again.
            (Some(_), OnFailure::EndStreams) => self.record_now(kind, record).await,
        }
    }

    /// Keeps a record for later; when no more may wait it is lost, and counted.
    fn keep(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        if !self.waiting.try_send(kind, record) {
            self.metrics.store.records.with_label_values(&[kind, "lost"]).inc();
        }
        Ok(())
    }

    fn failure(&self) -> Option<String> {
        match &*self.state.borrow() {
            JournalState::Failing { reason, .. } => Some(reason.clone()),
            // Only new streams are refused then.
            JournalState::AtLimit { .. } | JournalState::Writable => None,
        }
    }
}
