//! Records that wait in memory for the journal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use undertone_core::{ErrorKind, Record, RecordError, Recorder};
use undertone_telemetry::Metrics;

/// A journal that fails is asked again so often.
const RETRY: Duration = Duration::from_secs(1);
/// Records that are handed over together, so that the journal writes them together.
const TOGETHER: usize = 512;

type Item = (&'static str, Record);

/// A queue of records, and the task that writes them and tries again what fails.
pub(super) struct Waiting {
    /// Bounded: when it is full, whoever records waits or is told so. None once it was finished.
    queue: Mutex<Option<mpsc::Sender<Item>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
}

impl Waiting {
    pub(super) fn start(records: usize, recorder: Arc<dyn Recorder>, metrics: Arc<Metrics>) -> Self {
        let (sender, queue) = mpsc::channel(records.max(1));
        let task = tokio::spawn(write(queue, recorder, metrics.clone()));
        Self { queue: Mutex::new(Some(sender)), task: Mutex::new(Some(task)), metrics }
    }

    /// Waits for room.
    pub(super) async fn send(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        let closed = || RecordError {
            kind: ErrorKind::Unavailable,
            message: "the server is shutting down".to_owned(),
        };
        let sender = self.sender().ok_or_else(closed)?;
        self.metrics.store.waiting.inc();
        sender.send((kind, record)).await.map_err(|_| closed())
    }

    /// False when there is no room.
    pub(super) fn try_send(&self, kind: &'static str, record: Record) -> bool {
        let sent = self.sender().is_some_and(|sender| sender.try_send((kind, record)).is_ok());
        if sent {
            self.metrics.store.waiting.inc();
        }
        sent
    }

    /// Takes no more, and waits until all is written, but no longer than `patience`.
    pub(super) async fn finish(&self, patience: Duration) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return };
        let ended = task.abort_handle();
        if tokio::time::timeout(patience, task).await.is_err() {
            ended.abort();
            let lost = self.metrics.store.waiting.get();
            tracing::error!(lost, "records that waited for the journal are lost");
        }
    }

    fn sender(&self) -> Option<mpsc::Sender<Item>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn write(mut queue: mpsc::Receiver<Item>, recorder: Arc<dyn Recorder>, metrics: Arc<Metrics>) {
    let mut items = Vec::with_capacity(TOGETHER);
    while queue.recv_many(&mut items, TOGETHER).await > 0 {
        while !items.is_empty() {
            items = write_once(items, recorder.as_ref(), &metrics).await;
            if !items.is_empty() {
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Returns what may be taken later.
async fn write_once(items: Vec<Item>, recorder: &dyn Recorder, metrics: &Metrics) -> Vec<Item> {
    let under_way: Vec<_> =
        items.into_iter().map(|(kind, record)| (kind, record.clone(), recorder.record(record))).collect();
    let mut left = Vec::new();
    for (kind, record, recorded) in under_way {
        let outcome = match recorded.await {
            Ok(()) => "durable",
            Err(error) if error.kind.may_retry() => {
                left.push((kind, record));
                continue;
            }
            Err(_) => "failed",
        };
        metrics.store.records.with_label_values(&[kind, outcome]).inc();
        metrics.store.waiting.dec();
    }
    left
}
