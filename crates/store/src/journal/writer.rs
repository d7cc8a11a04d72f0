//! The one task that writes the journal.

use super::capacity::{self, Room};
use super::group::{Done, Group};
use super::leftovers::{Leftovers, empty_log};
use super::{JournalOptions, JournalState, Settlement, Tail};
use crate::ShipperStatus;
use crate::erasure::Subject;
use sqlx::{Connection, SqliteConnection};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};
use undertone_core::{Record, RecordError};

/// How often a journal that could not be written is tried without anything to write, so that a server that gets no more
/// streams for that reason finds out when it can have some.
const PROBE: Duration = Duration::from_secs(1);
/// Changes nothing, and still has to reach the disk.
const PROBE_STATEMENT: &str = "update shipped set predictions_seq = predictions_seq";

/// Something to write, and who waits for it.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) done: oneshot::Sender<Result<(), RecordError>>,
}

pub(super) enum Work {
    Record(Box<Record>),
    Settle(Settlement),
    Erase(Subject),
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
    pub(super) state: watch::Sender<JournalState>,
    pub(super) tail: Arc<Tail>,
    pub(super) options: JournalOptions,
}

pub(super) struct Writer {
    parts: Parts,
    room: Room,
    /// When the size was last looked at.
    looked_at: Instant,
    leftovers: Leftovers,
}

impl Writer {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, room: Room::Enough, looked_at: Instant::now(), leftovers: Leftovers::default() }
    }

    /// Writes until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let limit = self.parts.options.group_records.max(1);
        let mut jobs = Vec::with_capacity(limit);
        self.keep_below_limit(true).await;
        loop {
            let taken = tokio::select! {
                biased;
                taken = self.parts.queue.recv_many(&mut jobs, limit) => taken,
                // Nobody waits.
                () = std::future::ready(()), if self.room == Room::Coming => {
                    self.keep_below_limit(true).await;
                    continue;
                }
                () = tokio::time::sleep(PROBE), if self.is_failing() || self.leftovers.there_are() => {
                    self.probe().await;
                    continue;
                }
            };
            if taken == 0 {
                break;
            }
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

    async fn probe(&mut self) {
        self.leftovers.clear(&mut self.parts.connection).await;
        if !self.is_failing() {
            return;
        }
        // What the log holds may find its place in the file, which makes room for the log.
        let _ = empty_log(&mut self.parts.connection).await;
        if sqlx::query(PROBE_STATEMENT).execute(&mut self.parts.connection).await.is_ok() {
            self.tell_writable();
        }
    }

    async fn write_group(&mut self, jobs: &mut Vec<Job>) {
        let (answers, settled) = match self.transaction(jobs).await {
            Ok(mut done) => {
                self.hand_on(&mut done);
                self.publish(&done);
                self.tell_writable();
                self.leftovers.add(done.erased);
                (done.answers, done.settled > 0)
            }
            Err(error) => {
                let refusal = self.tell_failing(error);
                (vec![Err(refusal); jobs.len()], false)
            }
        };
        // Before anybody hears that an erasure is done.
        self.leftovers.clear(&mut self.parts.connection).await;
        for (job, answer) in jobs.drain(..).zip(answers) {
            // Whoever went away meanwhile does not need the answer.
            let _ = job.done.send(answer);
        }
        self.keep_below_limit(settled).await;
    }

    async fn transaction(&mut self, jobs: &[Job]) -> Result<Done, sqlx::Error> {
        sqlx::query("begin immediate").execute(&mut self.parts.connection).await?;
        let now = self.parts.options.clock.now();
        let at_limit = self.is_full().then(|| self.no_room().refusal());
        let outcome = Group::new(&mut self.parts.connection, now, at_limit.as_ref()).write(jobs).await;
        let ended = if outcome.is_ok() { "commit" } else { "rollback" };
        let end = sqlx::query(ended).execute(&mut self.parts.connection).await;
        match (outcome, end) {
            (Ok(done), Ok(_)) => Ok(done),
            (Ok(_), Err(error)) => {
                // SQLite may have rolled back by itself, so that this one has nothing to do and fails.
                let _ = sqlx::query("rollback").execute(&mut self.parts.connection).await;
                Err(error)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Before anybody is told that there are new rows.
    fn hand_on(&self, done: &mut Done) {
        match done.erased {
            true => self.parts.tail.clear(),
            false => self.parts.tail.append(std::mem::take(&mut done.fresh)),
        }
    }

    fn publish(&self, done: &Done) {
        let now = self.parts.options.clock.now();
        self.parts.status.send_modify(|status| {
            let gone = done.settled + done.erased_pending;
            status.pending_rows = (status.pending_rows + done.announced).saturating_sub(gone);
            status.set_aside_rows += done.set_aside;
            if done.shipped > 0 {
                status.shipped_rows += done.shipped;
                status.last_success = Some(now);
            }
        });
    }

    fn tell_writable(&self) {
        if self.is_failing() {
            tracing::info!(path = %self.parts.path.display(), "the journal can be written again");
            self.tell_state(self.state_by_room());
        }
    }

    fn tell_failing(&self, error: sqlx::Error) -> RecordError {
        let state = JournalState::of_error(&self.parts.path, error);
        let refusal = state.refusal();
        if !self.is_failing() {
            tracing::error!(state = state.name(), "recording is suspended: {}", refusal.message);
        }
        self.tell_state(state);
        refusal
    }

    /// A full journal is looked at again after rows were settled, and now and then: exposures and feedback are shipped beside.
    async fn keep_below_limit(&mut self, settled: bool) {
        let Some(limit) = self.parts.options.limit_bytes else { return };
        if self.is_full() && !settled && self.looked_at.elapsed() < PROBE {
            return self.tell_room();
        }
        self.looked_at = Instant::now();
        match capacity::make_room(&mut self.parts.connection, limit).await {
            Ok(room) => self.room = room,
            Err(error) => {
                tracing::warn!(%error, "cannot tell how large the journal is");
                // Only after the next group, since this may go on.
                self.room = if self.is_full() { Room::Missing } else { Room::Enough };
            }
        }
        self.tell_room();
    }

    fn tell_room(&self) {
        if !self.is_failing() {
            self.tell_state(self.state_by_room());
        }
    }

    /// Who watches the state hears of changes only.
    fn tell_state(&self, now: JournalState) {
        self.parts.state.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
    }

    fn state_by_room(&self) -> JournalState {
        if self.is_full() { self.no_room() } else { JournalState::Writable }
    }

    fn is_failing(&self) -> bool {
        matches!(*self.parts.state.borrow(), JournalState::Failing { .. })
    }

    /// Whether the limit is reached and nothing more can be forgotten.
    fn is_full(&self) -> bool {
        self.room == Room::Missing
    }

    fn no_room(&self) -> JournalState {
        let path = self.parts.path.display();
        let pending = self.parts.status.borrow().pending_rows;
        let reason = format!(
            "the journal {path} has reached its limit and {pending} rows are not in Postgres: \
             raise the limit (data.journal_limit_bytes), or let a Postgres (store.url) take the rows"
        );
        JournalState::AtLimit { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{connect, enqueue, file_in, lock, prepare};
    use super::*;
    use std::path::Path;
    use undertone_core::{ErrorKind, ModelRef, RecordFuture, StreamId, StreamRecord, UnixMicros};

    #[tokio::test]
    async fn a_full_disk_is_told_to_everyone_who_waits_and_later_records_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, status, writer) = small_writer(folder.path()).await;
        let state = writer.parts.state.subscribe();
        // Both are queued before the writer runs, so they share a transaction; the first alone would fit.
        let waiting = [opened(&queue, 10), opened(&queue, 5_000_000)];
        let writer = tokio::spawn(writer.run());
        for record in waiting {
            let refusal = record.await.unwrap_err();
            assert!(refusal.message.contains("the disk is full: make room"), "{}", refusal.message);
            assert_eq!(refusal.kind, ErrorKind::Overload);
        }
        assert_eq!(state.borrow().name(), "disk_full");
        opened(&queue, 10).await.expect("there is room for a small one");
        assert_eq!(state.borrow().name(), "writable");
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

    /// So many exposures that are in Postgres.
    const SHIPPED: &str = "insert into exposures (tenant, experiment, unit, origin, arm, share, stream_id, at_micros, shipped) \
         with recursive n (n) as (select 1 union all select n + 1 from n where n < 10000) \
         select 'default', 'trial', n, 'drawn', 'a', 0.5, 's', 1, 1 from n";

    async fn exposures(connection: &mut SqliteConnection) -> i64 {
        sqlx::query_scalar("select count(*) from exposures").fetch_one(connection).await.unwrap()
    }

    #[tokio::test]
    async fn records_do_not_wait_until_all_is_forgotten_that_a_lower_limit_leaves_no_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let (queue, _, mut writer) = small_writer(folder.path()).await;
        sqlx::query("pragma max_page_count = 100000").execute(&mut writer.parts.connection).await.unwrap();
        sqlx::query(SHIPPED).execute(&mut writer.parts.connection).await.unwrap();
        writer.parts.options.limit_bytes = Some(1);
        writer.keep_below_limit(true).await;
        assert_eq!(exposures(&mut writer.parts.connection).await, 8_000, "one part of them is forgotten");

        // The others are by and by, without anything to write.
        let mut state = writer.parts.state.subscribe();
        let writer = tokio::spawn(writer.run());
        state.wait_for(|state| state.name() == "at_limit").await.unwrap();
        let mut other = connect(&file_in(folder.path())).await.unwrap();
        assert_eq!(exposures(&mut other).await, 0);
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
        let state = watch::Sender::new(JournalState::default());
        let tail = Arc::new(Tail::new(options.tail_records));
        let parts =
            Parts { path, connection, lock, queue, status: Arc::clone(&status), state, tail, options };
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
