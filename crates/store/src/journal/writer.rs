//! The one task that writes the journal.

use super::statements::{self, Kind, SetAside};
use super::{JournalOptions, Settlement, capacity};
use crate::columns::{Misfit, PredictionColumns, StreamColumns, StreamEndColumns};
use crate::error::sqlite_code;
use crate::{ShipperStatus, StoreError};
use sqlx::{Connection, SqliteConnection};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use undertone_core::{Record, RecordError};

/// Something to write, and who waits for it.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) done: oneshot::Sender<Result<(), RecordError>>,
}

pub(super) enum Work {
    Record(Box<Record>),
    Settle(Settlement),
    /// Takes no more jobs and stops after those that are queued.
    Close,
}

/// What a writer is made of.
pub(super) struct Parts {
    pub(super) path: PathBuf,
    pub(super) connection: SqliteConnection,
    /// Held as long as the file is open.
    pub(super) lock: File,
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) status: Arc<watch::Sender<ShipperStatus>>,
    pub(super) options: JournalOptions,
}

pub(super) struct Writer {
    parts: Parts,
    /// Whether the limit is reached and nothing more can be forgotten.
    full: bool,
}

/// What one transaction changed.
#[derive(Default)]
struct Group {
    answers: Vec<Result<(), RecordError>>,
    announced: u64,
    settled: u64,
    shipped: u64,
    set_aside: u64,
}

/// Why a job was not written.
enum Fault {
    /// The row is at fault: it alone fails.
    Refused(String),
    /// The journal has no room for a new stream.
    Full(String),
    /// The file is at fault: the whole transaction fails.
    Broken(sqlx::Error),
}

impl Writer {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, full: false }
    }

    /// Writes until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let limit = self.parts.options.group_records.max(1);
        let mut jobs = Vec::with_capacity(limit);
        self.keep_below_limit(true).await;
        while self.parts.queue.recv_many(&mut jobs, limit).await > 0 {
            if jobs.iter().any(|job| matches!(job.work, Work::Close)) {
                self.parts.queue.close();
            }
            self.write_group(&mut jobs).await;
        }
        if let Err(error) = self.parts.connection.close().await {
            tracing::warn!(%error, path = %self.parts.path.display(), "closing the journal failed");
        }
        drop(self.parts.lock);
    }

    async fn write_group(&mut self, jobs: &mut Vec<Job>) {
        let (answers, settled) = match self.transaction(jobs).await {
            Ok(group) => {
                self.publish(&group);
                (group.answers, group.settled > 0)
            }
            Err(error) => {
                let message = StoreError::journal(&self.parts.path, error).sentence();
                (vec![Err(RecordError { message }); jobs.len()], false)
            }
        };
        for (job, answer) in jobs.drain(..).zip(answers) {
            // Whoever went away meanwhile does not need the answer.
            let _ = job.done.send(answer);
        }
        self.keep_below_limit(settled).await;
    }

    async fn transaction(&mut self, jobs: &[Job]) -> Result<Group, sqlx::Error> {
        sqlx::query("begin immediate").execute(&mut self.parts.connection).await?;
        let outcome = self.write_jobs(jobs).await;
        let ended = if outcome.is_ok() { "commit" } else { "rollback" };
        let end = sqlx::query(ended).execute(&mut self.parts.connection).await;
        match (outcome, end) {
            (Ok(group), Ok(_)) => Ok(group),
            (Ok(_), Err(error)) => {
                // SQLite may have rolled back by itself, so that this one has nothing to do and fails.
                let _ = sqlx::query("rollback").execute(&mut self.parts.connection).await;
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn write_jobs(&mut self, jobs: &[Job]) -> Result<Group, sqlx::Error> {
        let mut group = Group::default();
        for job in jobs {
            let answer = match &job.work {
                Work::Record(record) => self.write_record(record, &mut group).await?,
                Work::Settle(settlement) => {
                    self.write_settlement(settlement, &mut group).await?;
                    Ok(())
                }
                Work::Close => Ok(()),
            };
            group.answers.push(answer);
        }
        Ok(group)
    }

    /// The outer error is the file's, the inner one the record's.
    async fn write_record(
        &mut self,
        record: &Record,
        group: &mut Group,
    ) -> Result<Result<(), RecordError>, sqlx::Error> {
        match self.insert(record).await {
            Ok(announced) => {
                group.announced += u64::from(announced);
                Ok(Ok(()))
            }
            Err(Fault::Full(message)) => Ok(Err(RecordError { message })),
            Err(Fault::Broken(error)) => Err(error),
            Err(Fault::Refused(error)) => {
                self.set_record_aside(record, &error).await?;
                group.set_aside += 1;
                Ok(Err(RecordError { message: format!("the journal refused the record: {error}") }))
            }
        }
    }

    /// True when a row changed, which is then in the outbox too.
    async fn insert(&mut self, record: &Record) -> Result<bool, Fault> {
        let connection = &mut self.parts.connection;
        let (kind, id, changed) = match record {
            Record::StreamOpened(_) if self.full => return Err(self.no_room()),
            Record::StreamOpened(opened) => {
                let row = StreamColumns::from(opened);
                let changed = statements::insert_stream(connection, &row).await?;
                (Kind::Stream, row.id, changed)
            }
            Record::Utterance(answer) => {
                let row = PredictionColumns::try_from(answer)?;
                let changed = statements::insert_prediction(connection, &row).await?;
                (Kind::Prediction, row.id, changed)
            }
            Record::StreamEnded(end) => {
                let row = StreamEndColumns::try_from(end)?;
                let changed = statements::end_stream(connection, &row).await?;
                if !changed && !statements::stream_is_known(connection, &row.id).await? {
                    return Err(Fault::Refused("the stream that ended was never recorded".to_owned()));
                }
                (Kind::Stream, row.id, changed)
            }
        };
        if changed {
            statements::announce(connection, kind, &id).await?;
        }
        Ok(changed)
    }

    async fn set_record_aside(&mut self, record: &Record, error: &str) -> Result<(), sqlx::Error> {
        let (kind, id) = match record {
            Record::StreamOpened(opened) => (Kind::Stream, opened.stream_id.to_string()),
            Record::Utterance(answer) => (Kind::Prediction, answer.prediction_id.to_string()),
            Record::StreamEnded(end) => (Kind::Stream, end.stream_id.to_string()),
        };
        tracing::warn!(kind = kind.name(), %id, error, "set a record aside that the journal refused");
        let at = self.parts.options.clock.now();
        let record = Some(format!("{record:?}"));
        let row = SetAside { at, refused_by: "journal", kind, id: &id, error, record };
        statements::set_aside(&mut self.parts.connection, row).await
    }

    async fn write_settlement(
        &mut self,
        settlement: &Settlement,
        group: &mut Group,
    ) -> Result<(), sqlx::Error> {
        for refusal in &settlement.refused {
            let at = self.parts.options.clock.now();
            let (kind, id, error) = (refusal.kind, &refusal.id, &refusal.error);
            tracing::warn!(kind = kind.name(), %id, error, "set a row aside that Postgres refused");
            let row = SetAside { at, refused_by: "postgres", kind, id, error, record: None };
            statements::set_aside(&mut self.parts.connection, row).await?;
            group.set_aside += 1;
        }
        group.settled += statements::clear_outbox(&mut self.parts.connection, settlement.edge).await?;
        group.shipped += settlement.shipped;
        Ok(())
    }

    fn publish(&self, group: &Group) {
        let now = self.parts.options.clock.now();
        self.parts.status.send_modify(|status| {
            status.pending_rows = (status.pending_rows + group.announced).saturating_sub(group.settled);
            status.set_aside_rows += group.set_aside;
            if group.shipped > 0 {
                status.shipped_rows += group.shipped;
                status.last_success = Some(now);
            }
        });
    }

    /// A full journal is looked at again only after rows were settled: nothing else makes room.
    async fn keep_below_limit(&mut self, settled: bool) {
        let Some(limit) = self.parts.options.limit_bytes else { return };
        if self.full && !settled {
            return;
        }
        match room(&mut self.parts.connection, limit).await {
            Ok(room) => self.full = !room,
            Err(error) => tracing::warn!(%error, "cannot tell how large the journal is"),
        }
    }

    fn no_room(&self) -> Fault {
        let path = self.parts.path.display();
        let pending = self.parts.status.borrow().pending_rows;
        Fault::Full(format!(
            "the journal {path} has reached its limit and {pending} rows are not in Postgres: \
             raise the limit (data.journal_limit_bytes), or let a Postgres (store.url) take the rows"
        ))
    }
}

/// Whether the rows fit below `limit`, after forgetting what may be forgotten.
async fn room(connection: &mut SqliteConnection, limit: u64) -> Result<bool, sqlx::Error> {
    while capacity::used_bytes(connection).await? > limit {
        if capacity::forget_shipped(connection).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

impl From<Misfit> for Fault {
    fn from(misfit: Misfit) -> Self {
        Self::Refused(misfit.to_string())
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        // TOOBIG, CONSTRAINT and MISMATCH are about the row; everything else is about the file.
        match sqlite_code(&error) {
            Some(18..=20) => Self::Refused(error.to_string()),
            _ => Self::Broken(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{connect, enqueue, file_in, lock, prepare};
    use super::*;
    use std::path::Path;
    use undertone_core::{ModelRef, RecordFuture, StreamId, StreamRecord, UnixMicros};

    #[tokio::test]
    async fn a_full_disk_is_told_to_everyone_who_waits_and_later_records_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, status, writer) = small_writer(folder.path()).await;
        // Both are queued before the writer runs, so they share a transaction; the first alone would fit.
        let waiting = [opened(&queue, 10), opened(&queue, 5_000_000)];
        let writer = tokio::spawn(writer.run());
        for record in waiting {
            let message = record.await.unwrap_err().message;
            assert!(message.contains("the disk is full: make room"), "{message}");
        }
        opened(&queue, 10).await.expect("there is room for a small one");
        assert_eq!((status.borrow().pending_rows, status.borrow().set_aside_rows), (1, 0));
        drop(queue);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn while_another_program_holds_the_file_records_fail_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, status, writer) = small_writer(folder.path()).await;
        let mut other = connect(&file_in(folder.path())).await.unwrap();
        sqlx::query("begin immediate").execute(&mut other).await.unwrap();
        let writer = tokio::spawn(writer.run());
        let message = opened(&queue, 1).await.unwrap_err().message;
        assert!(message.contains("another program holds it locked"), "{message}");

        sqlx::query("rollback").execute(&mut other).await.unwrap();
        opened(&queue, 1).await.expect("the file is free again");
        assert_eq!(status.borrow().pending_rows, 1);
        drop(queue);
        writer.await.unwrap();
    }

    /// A writer whose file may grow by a few pages only, which SQLite reports like a full disk, and
    /// which waits for no lock.
    async fn small_writer(folder: &Path) -> (mpsc::Sender<Job>, Arc<watch::Sender<ShipperStatus>>, Writer) {
        let lock = lock(folder).unwrap();
        let path = file_in(folder);
        let mut connection = connect(&path).await.unwrap();
        prepare(&mut connection, &path).await.unwrap();
        sqlx::query("pragma max_page_count = 100").execute(&mut connection).await.unwrap();
        sqlx::query("pragma busy_timeout = 0").execute(&mut connection).await.unwrap();
        let (sender, queue) = mpsc::channel(8);
        let status = Arc::new(watch::Sender::new(ShipperStatus::default()));
        let options = JournalOptions::default();
        let parts = Parts { path, connection, lock, queue, status: Arc::clone(&status), options };
        (sender, status, Writer::new(parts))
    }

    fn opened(queue: &mpsc::Sender<Job>, label_bytes: usize) -> RecordFuture {
        let record = StreamRecord {
            stream_id: StreamId::generate(),
            opened_at: UnixMicros(0),
            tenant: "default".to_owned(),
            subject_key: None,
            model: ModelRef { name: "m".to_owned(), version: "1".to_owned() },
            encoding: "LINEAR16".to_owned(),
            sample_rate_hz: 16_000,
            labels: [("filler".to_owned(), "x".repeat(label_bytes))].into(),
        };
        enqueue(queue, Work::Record(Box::new(Record::StreamOpened(record))))
    }
}
