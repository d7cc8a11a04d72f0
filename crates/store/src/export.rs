//! Reads predictions out, page by page, and keeps a manifest of what was written where.

use crate::columns::PredictionColumns;
use crate::journal;
use crate::{JournalReader, PostgresUrl, PredictionRow, StoreError, postgres};
use sqlx::{Connection, PgConnection};
use std::path::Path;
use undertone_core::{Clock, SystemClock, UnixMicros};

/// Rows of one page.
const PAGE_ROWS: u32 = 5_000;
const OF_POSTGRES: &str = "select id::text, stream_id::text, utterance, \
     (extract(epoch from created_at) * 1000000)::bigint as created_at_micros, model_name, model_version, arm, \
     role, is_final, start_samples, end_samples, to_jsonb(labels)::text as labels, \
     to_jsonb(probabilities)::text as probabilities, top, confidence::double precision, abstained, queue_micros, \
     features_micros, inference_micros, level_dbfs::double precision, snr_db::double precision, \
     speech_share::double precision, f0_hz::double precision, tenant from predictions \
     where created_at < to_timestamp($2::double precision / 1000000) \
     and (created_at, id) > (to_timestamp($1::double precision / 1000000), $3::uuid) \
     and created_at >= to_timestamp($1::double precision / 1000000) order by created_at, id limit $4";
const OF_JOURNAL: &str = "select * from predictions where created_at_micros < ?2 and created_at_micros >= ?1 \
     and (created_at_micros, id) > (?1, ?3) order by created_at_micros, id limit ?4";
const NOTE_IN_POSTGRES: &str = "insert into exports (path, format, from_time, to_time, rows) values ($1, $2, \
     to_timestamp($3::double precision / 1000000), to_timestamp($4::double precision / 1000000), $5) returning seq";
const NOTE_IN_JOURNAL: &str = "insert into exports (at_micros, path, format, from_micros, to_micros, rows) \
     values (?, ?, ?, ?, ?, ?) returning seq";
const FINISH_IN_POSTGRES: &str =
    "update exports set rows = $2 where seq = $1 returning stale_since is not null";
const FINISH_IN_JOURNAL: &str =
    "update exports set rows = ?2 where seq = ?1 returning stale_since_micros is not null";
const FORGET_IN_POSTGRES: &str = "delete from exports where seq = $1";
const FORGET_IN_JOURNAL: &str = "delete from exports where seq = ?";
/// In place of the number of rows while a file is written: it counts as holding what an erasure takes out.
const UNFINISHED: i64 = -1;
/// Before every identifier.
const FIRST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A file that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportFile<'a> {
    /// Where it will lie.
    pub path: &'a str,
    /// `csv` or another format's name.
    pub format: &'a str,
}

/// How an export ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Exported {
    /// The manifest knows the file.
    Noted,
    /// Somebody was erased while the rows were read, and some of them may be that subject's: the file has to be deleted. The
    /// manifest does not know it any more.
    Stale,
}

/// Reads the predictions that were made in a time, oldest first. The manifest knows the file before the first row is read, so that
/// an erasure names it that comes meanwhile.
pub struct Exporter {
    source: Source,
    span: (UnixMicros, UnixMicros),
    /// The file's number in the manifest.
    noted: i64,
    /// Where the last page ended.
    after: (UnixMicros, String),
    done: bool,
}

enum Source {
    Postgres { connection: PgConnection, target: String },
    Journal(JournalReader),
}

impl Exporter {
    /// From Postgres where there is one, else from the journal; answers made from `from` on and before `to`.
    ///
    /// # Errors
    /// When the database cannot be reached or written, or there is none.
    pub async fn begin(
        data_dir: &Path,
        url: Option<&PostgresUrl>,
        span: (UnixMicros, UnixMicros),
        file: ExportFile<'_>,
    ) -> Result<Self, StoreError> {
        let mut source = match url {
            Some(url) => Source::Postgres { connection: postgres::connect(url).await?, target: url.target() },
            None => Source::Journal(JournalReader::open(data_dir).await?),
        };
        let noted = source.note(span, file).await?;
        Ok(Self { source, span, noted, after: (span.0, FIRST_ID.to_owned()), done: false })
    }

    /// The next rows; none when there are no more.
    ///
    /// # Errors
    /// When the database does not answer or a row cannot be read.
    pub async fn next_page(&mut self) -> Result<Vec<PredictionRow>, StoreError> {
        if self.done {
            return Ok(Vec::new());
        }
        let (after, id) = &self.after;
        let read: Result<Vec<PredictionColumns>, sqlx::Error> = match &mut self.source {
            Source::Postgres { connection, .. } => {
                let page = sqlx::query_as(OF_POSTGRES).bind(after.0).bind(self.span.1.0).bind(id);
                page.bind(i64::from(PAGE_ROWS)).fetch_all(connection).await
            }
            Source::Journal(reader) => {
                let page = sqlx::query_as(OF_JOURNAL).bind(after.0).bind(self.span.1.0).bind(id);
                page.bind(PAGE_ROWS).fetch_all(reader.pool()).await
            }
        };
        let rows = read.map_err(|source| self.source.failed("exporting", source))?;
        self.done = rows.len() < PAGE_ROWS as usize;
        if let Some(last) = rows.last() {
            self.after = (UnixMicros(last.created_at_micros), last.id.clone());
        }
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("predictions", self.source.database(), &misfit))
    }

    /// Tells the manifest how many rows the file holds. It is to be handed out only where that says that it may be.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn finish(&mut self, rows: u64) -> Result<Exported, StoreError> {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        if self.source.finish(self.noted, rows).await? {
            self.source.forget(self.noted).await?;
            return Ok(Exported::Stale);
        }
        Ok(Exported::Noted)
    }

    /// Forgets the file, which could not be written or not be handed out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn abandon(mut self) -> Result<(), StoreError> {
        self.source.forget(self.noted).await
    }
}

impl Source {
    /// Behind an erasure that is under way, and before any that comes: what is read later is without whom the one took out, and the
    /// other sees the note.
    async fn note(
        &mut self,
        (from, to): (UnixMicros, UnixMicros),
        file: ExportFile<'_>,
    ) -> Result<i64, StoreError> {
        let noted = match self {
            Self::Postgres { connection, .. } => {
                let note = async {
                    let mut change = connection.begin().await?;
                    postgres::hold_off_erasures(&mut change).await?;
                    let noted = sqlx::query_scalar(NOTE_IN_POSTGRES).bind(file.path).bind(file.format);
                    let noted = noted.bind(from.0).bind(to.0).bind(UNFINISHED);
                    let noted = noted.fetch_one(&mut *change).await?;
                    change.commit().await.map(|()| noted)
                };
                note.await
            }
            Self::Journal(reader) => {
                let mut connection = journal::connect(reader.path()).await?;
                let noted = sqlx::query_scalar(NOTE_IN_JOURNAL).bind(SystemClock.now().0).bind(file.path);
                let noted = noted.bind(file.format).bind(from.0).bind(to.0).bind(UNFINISHED);
                closed(noted.fetch_one(&mut connection).await, connection).await
            }
        };
        noted.map_err(|source| self.failed("noting an export", source))
    }

    /// Whether an erasure has named the file.
    async fn finish(&mut self, seq: i64, rows: i64) -> Result<bool, StoreError> {
        let stale = match self {
            Self::Postgres { connection, .. } => {
                sqlx::query_scalar(FINISH_IN_POSTGRES).bind(seq).bind(rows).fetch_one(connection).await
            }
            Self::Journal(reader) => {
                let mut connection = journal::connect(reader.path()).await?;
                let finished = sqlx::query_scalar(FINISH_IN_JOURNAL).bind(seq).bind(rows);
                closed(finished.fetch_one(&mut connection).await, connection).await
            }
        };
        stale.map_err(|source| self.failed("noting an export", source))
    }

    async fn forget(&mut self, seq: i64) -> Result<(), StoreError> {
        let done = match self {
            Self::Postgres { connection, .. } => {
                sqlx::query(FORGET_IN_POSTGRES).bind(seq).execute(connection).await.map(drop)
            }
            Self::Journal(reader) => {
                let mut connection = journal::connect(reader.path()).await?;
                let done = sqlx::query(FORGET_IN_JOURNAL).bind(seq).execute(&mut connection).await;
                closed(done.map(drop), connection).await
            }
        };
        done.map_err(|source| self.failed("forgetting an export", source))
    }

    fn database(&self) -> String {
        match self {
            Self::Postgres { target, .. } => target.clone(),
            Self::Journal(reader) => reader.database(),
        }
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.database(), source }
    }
}

async fn closed<T>(
    done: Result<T, sqlx::Error>,
    connection: sqlx::SqliteConnection,
) -> Result<T, sqlx::Error> {
    let closed = connection.close().await;
    done.and_then(|done| closed.map(|()| done))
}
