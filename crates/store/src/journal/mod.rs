//! The journal: a SQLite file in the data folder that holds every record before it is acknowledged.

mod capacity;
mod erasing;
mod folder;
mod group;
mod leftovers;
mod options;
mod outbox;
mod predictions;
mod reader;
mod recovery;
mod reshipping;
mod state;
mod statements;
mod tail;
mod writer;

pub(crate) use erasing::erase;
pub(crate) use folder::{connect, file_in, lock, writing};
pub(crate) use leftovers::empty_log;
pub use options::JournalOptions;
pub(crate) use outbox::{Batch, Edge, Refusal, Settlement};
pub use reader::JournalReader;
pub(crate) use reader::followed_erasure;
pub use reshipping::{Reship, ReshipSpan, Reshipped, reship};
pub use state::{JournalFault, JournalState};
pub(crate) use statements::Kind;
pub(crate) use tail::Tail;

use crate::erasure::Subject;
use crate::{Counts, PredictionRow, ShipperStatus, StoreError, StreamRow, migrate};
use sqlx::SqliteConnection;
use sqlx::migrate::MigrateError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use undertone_core::{ErrorKind, Record, RecordError, RecordFuture, Recorder};
use writer::{Job, Work, Writer};

/// The journal, open for recording. One process at a time owns a data folder's journal.
///
/// Writing is done by one task with group commit: it takes whatever is queued, writes it in one
/// transaction, and completes every future after the commit reached the disk.
pub struct Journal {
    path: PathBuf,
    queue: mpsc::Sender<Job>,
    reader: JournalReader,
    status: Arc<watch::Sender<ShipperStatus>>,
    state: watch::Receiver<JournalState>,
    tail: Arc<Tail>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Journal {
    /// Opens `journal.db` in `data_dir`, which is made when missing; migrates it, and ends the
    /// streams that a crash left open with reason `failed`.
    ///
    /// # Errors
    /// When the folder cannot be written, another process has the journal, or the file is locked or damaged.
    pub async fn open(data_dir: &Path, options: JournalOptions) -> Result<Self, StoreError> {
        let lock = lock(data_dir)?;
        let path = file_in(data_dir);
        let mut connection = connect(&path).await?;
        prepare(&mut connection, &path).await?;
        let reader = JournalReader::open(data_dir).await?;
        let standing = outbox::standing(&mut connection).await;
        let (pending_rows, set_aside_rows) = standing.map_err(|error| StoreError::journal(&path, error))?;
        let standing = ShipperStatus { pending_rows, set_aside_rows, ..ShipperStatus::default() };
        let status = Arc::new(watch::Sender::new(standing));
        let (sender, queue) = mpsc::channel(options.queue_records.max(1));
        let (state_sender, state) = watch::channel(JournalState::default());
        let tail = Arc::new(Tail::new(options.tail_records));
        let writer = Writer::new(writer::Parts {
            path: path.clone(),
            connection,
            lock,
            queue,
            status: Arc::clone(&status),
            state: state_sender,
            tail: Arc::clone(&tail),
            options,
        });
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        Ok(Self { path, queue: sender, reader, status, state, tail, writer })
    }

    /// Writes what is queued and closes the file. Records that come later are refused.
    ///
    /// Without this call the same happens in the background once the journal and its shipper are dropped.
    pub async fn close(&self) {
        // Both fail only when the writer has already stopped, which is what is wanted.
        let _ = self.write(Work::Close).await;
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && let Err(error) = writer.await
        {
            tracing::error!(%error, path = %self.path.display(), "the journal's writer did not end well");
        }
        self.reader.close().await;
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the journal takes on its disk: its file and what SQLite keeps beside it.
    pub fn disk_bytes(path: &Path) -> u64 {
        let beside = ["", "-wal", "-shm"].into_iter().map(|end| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            name
        });
        beside.filter_map(|name| std::fs::metadata(name).ok()).map(|file| file.len()).sum()
    }

    /// The way to read the journal while it is written.
    pub fn reader(&self) -> &JournalReader {
        &self.reader
    }

    /// How shipping stands. Row numbers are up to date whenever a record's future has completed.
    pub fn status(&self) -> watch::Receiver<ShipperStatus> {
        self.status.subscribe()
    }

    /// Whether records are taken, and what stops them.
    pub fn state(&self) -> watch::Receiver<JournalState> {
        self.state.clone()
    }

    /// The newest predictions first; at most `limit`.
    pub async fn recent_predictions(&self, limit: u32) -> Result<Vec<PredictionRow>, StoreError> {
        self.reader.recent_predictions(limit).await
    }

    /// The newest streams first; at most `limit`.
    pub async fn recent_streams(&self, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        self.reader.recent_streams(limit).await
    }

    /// How many rows the journal holds.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.reader.counts().await
    }

    /// What a shipper needs of the journal.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox {
            reader: self.reader.clone(),
            queue: self.queue.clone(),
            status: Arc::clone(&self.status),
            tail: Arc::clone(&self.tail),
        }
    }

    fn write(&self, work: Work) -> RecordFuture {
        enqueue(&self.queue, work)
    }
}

impl Recorder for Journal {
    /// Takes its place in the queue at once when there is room; otherwise the future waits for room.
    fn record(&self, record: Record) -> RecordFuture {
        self.write(Work::Record(Box::new(record)))
    }
}

/// The journal as a shipper sees it: reads batches, tells what became of them.
#[derive(Clone)]
pub(crate) struct Outbox {
    reader: JournalReader,
    queue: mpsc::Sender<Job>,
    pub(crate) status: Arc<watch::Sender<ShipperStatus>>,
    /// Rows that need not be read back.
    pub(crate) tail: Arc<Tail>,
}

impl Outbox {
    /// The oldest rows that were not shipped, behind `from`; of each kind at most `rows`.
    pub(crate) async fn next_batch(&self, from: Edge, rows: u32) -> Result<Batch, StoreError> {
        match self.tail.take_behind(from.predictions, rows as usize) {
            Some(taken) => {
                let edge = taken.last().map_or(from.predictions, |last| last.seq);
                let predictions: Vec<_> = taken.into_iter().map(|numbered| numbered.row).collect();
                let (streams, streams_edge) = self.reader.next_streams(from, rows, &predictions).await?;
                Ok(Batch { edge: Edge { streams: streams_edge, predictions: edge }, streams, predictions })
            }
            None => self.reader.next_batch(from, rows).await,
        }
    }

    /// Takes what is known of a subject out of the journal.
    pub(crate) async fn erase(&self, mut subject: Subject) -> Result<(), RecordError> {
        if subject.key.is_none() {
            let found = erasing::key_of(self.reader.pool(), &subject).await;
            subject.key = found.map_err(|error| RecordError {
                kind: ErrorKind::Unavailable,
                message: format!("the journal's subjects cannot be looked through: {error}"),
            })?;
        }
        enqueue(&self.queue, Work::Erase(subject)).await
    }

    /// Notes durably that a batch needs no more shipping. Queued at once where there is room; the future tells when it is done.
    pub(crate) fn settle(&self, settlement: Settlement) -> RecordFuture {
        enqueue(&self.queue, Work::Settle(settlement))
    }

    /// Counts anew what waits: another program, such as `undertone db erase`, may have taken rows out.
    pub(crate) async fn recount(&self) -> Result<(), StoreError> {
        let (pending, set_aside) = self.reader.waiting().await?;
        self.status.send_modify(|status| {
            status.pending_rows = pending;
            status.set_aside_rows = set_aside;
        });
        Ok(())
    }

    /// The last erasure of Postgres that was done in the journal too.
    pub(crate) async fn followed_erasure(&self) -> Result<i64, StoreError> {
        self.reader.followed_erasure().await
    }
}

/// When the queue is full, the future waits for room: nothing is dropped, and whoever records slows down.
fn enqueue(queue: &mpsc::Sender<Job>, work: Work) -> RecordFuture {
    let (done, answer) = oneshot::channel();
    let sent = queue.try_send(Job { work, done });
    let queue = queue.clone();
    Box::pin(async move {
        let closed =
            || RecordError { kind: ErrorKind::Unavailable, message: "the journal is closed".to_owned() };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => queue.send(job).await.map_err(|_| closed())?,
            Err(TrySendError::Closed(_)) => return Err(closed()),
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    })
}

async fn prepare(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    migrate::up(connection, &migrate::SQLITE).await.map_err(|error| match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            StoreError::journal(path, source)
        }
        other => StoreError::migrate(path.display().to_string(), other),
    })?;
    let recovered = recovery::end_open_streams(connection).await;
    let recovered = recovered.map_err(|error| StoreError::journal(path, error))?;
    if recovered > 0 {
        tracing::warn!(streams = recovered, "ended streams that the last run left open");
    }
    Ok(())
}
