//! What an erasure leaves in the write-ahead log: pages from before it, until the log is emptied.

use super::folder::BUSY;
use sqlx::SqliteConnection;
use std::time::{Duration, Instant};

/// While somebody reads what is in the log it cannot be emptied; it is tried so often.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Whether the log holds what was erased.
#[derive(Debug, Default)]
pub(super) enum Leftovers {
    #[default]
    None,
    New,
    /// The log could not be emptied, at that time.
    Since(Instant),
}

impl Leftovers {
    /// Somebody may have been erased.
    pub(super) fn add(&mut self, erased: bool) {
        if erased {
            *self = Self::New;
        }
    }

    pub(super) fn there_are(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Empties the log where it holds any, unless that was tried just now. Records wait for this, and this waits for nobody.
    pub(super) async fn clear(&mut self, connection: &mut SqliteConnection) {
        match self {
            Self::None => return,
            Self::Since(tried) if tried.elapsed() < TRY_EVERY => return,
            Self::New | Self::Since(_) => {}
        }
        let emptied = at_once(connection).await;
        *self = if matches!(emptied, Ok(true)) { Self::None } else { Self::Since(Instant::now()) };
    }
}

async fn at_once(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("pragma busy_timeout = 0").execute(&mut *connection).await?;
    let emptied = empty_log(connection).await;
    let patience = sqlx::AssertSqlSafe(format!("pragma busy_timeout = {}", BUSY.as_millis()));
    sqlx::query(patience).execute(connection).await?;
    emptied
}

/// Brings what is in the log to its place in the file, and leaves nothing in the log. False while others read or write.
pub(crate) async fn empty_log(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(connection).await?;
    Ok(busy == 0)
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, JournalOptions};
    use crate::erasure::Subject;
    use std::path::Path;
    use undertone_core::{ModelRef, Record, Recorder, StreamId, StreamRecord, UnixMicros};

    /// Whether `text` stands in a file of the journal.
    fn stands_in(folder: &Path, text: &str) -> bool {
        folder.read_dir().unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    async fn record_stream(journal: &Journal, key: &str) {
        let record = StreamRecord {
            stream_id: StreamId::generate(),
            opened_at: UnixMicros(0),
            tenant: "default".to_owned(),
            subject_key: Some(key.to_owned()),
            model: ModelRef { name: "m".to_owned(), version: "1".to_owned() },
            encoding: "LINEAR16".to_owned(),
            sample_rate_hz: 16_000,
            labels: [("name".to_owned(), key.to_owned())].into(),
        };
        journal.record(Record::StreamOpened(record)).await.unwrap();
    }

    async fn erase(journal: &Journal, key: &str) {
        journal.outbox().erase(Subject::early(key)).await.unwrap();
    }

    async fn with_streams() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
        for number in 0..100 {
            record_stream(&journal, &format!("key-{:02}-of-it", number * 37 % 100)).await;
        }
        (folder, journal)
    }

    #[tokio::test]
    async fn nothing_of_an_erased_key_stands_in_the_files_of_a_journal_that_is_open() {
        let (folder, journal) = with_streams().await;
        for key in ["key-00-of-it", "key-37-of-it", "key-63-of-it", "key-99-of-it"] {
            assert!(stands_in(folder.path(), key));
            erase(&journal, key).await;
            assert!(!stands_in(folder.path(), key), "{key}");
        }
        assert!(stands_in(folder.path(), "key-01-of-it"));
        journal.close().await;
    }

    #[tokio::test]
    async fn what_is_read_while_it_is_erased_goes_when_that_is_over_and_records_do_not_wait() {
        let (folder, journal) = with_streams().await;
        let mut reading = journal.reader().pool().begin().await.unwrap();
        sqlx::query("select * from streams").fetch_all(&mut *reading).await.unwrap();
        erase(&journal, "key-37-of-it").await;
        record_stream(&journal, "another").await;
        assert!(stands_in(folder.path(), "key-37-of-it"), "it is read");
        reading.rollback().await.unwrap();
        while stands_in(folder.path(), "key-37-of-it") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        journal.close().await;
    }
}
