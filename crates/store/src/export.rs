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
     to_timestamp($3::double precision / 1000000), to_timestamp($4::double precision / 1000000), $5)";
const NOTE_IN_JOURNAL: &str =
    "insert into exports (at_micros, path, format, from_micros, to_micros, rows) values (?, ?, ?, ?, ?, ?)";
/// Before every identifier.
const FIRST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportNote<'a> {
    /// Where it lies.
    pub path: &'a str,
    /// `csv` or another format's name.
    pub format: &'a str,
    /// Predictions in it.
    pub rows: u64,
}

/// Reads the predictions that were made in a time, oldest first.
pub struct Exporter {
    source: Source,
    span: (UnixMicros, UnixMicros),
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
    /// When the database cannot be reached, or there is none.
    pub async fn open(
        data_dir: &Path,
        url: Option<&PostgresUrl>,
        span: (UnixMicros, UnixMicros),
    ) -> Result<Self, StoreError> {
        let source = match url {
            Some(url) => Source::Postgres { connection: postgres::connect(url).await?, target: url.target() },
            None => Source::Journal(JournalReader::open(data_dir).await?),
        };
        Ok(Self { source, span, after: (span.0, FIRST_ID.to_owned()), done: false })
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
        let rows = read.map_err(|source| self.failed("exporting", source))?;
        self.done = rows.len() < PAGE_ROWS as usize;
        if let Some(last) = rows.last() {
            self.after = (UnixMicros(last.created_at_micros), last.id.clone());
        }
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("predictions", self.database(), &misfit))
    }

    /// Notes in the manifest that the file is there, so that an erasure can tell which files hold what it took out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note(self, note: &ExportNote<'_>) -> Result<(), StoreError> {
        let database = self.database();
        let (from, to) = self.span;
        let failed =
            |source| StoreError::Query { what: "noting an export", database: database.clone(), source };
        match self.source {
            Source::Postgres { mut connection, .. } => {
                let noted = sqlx::query(NOTE_IN_POSTGRES).bind(note.path).bind(note.format);
                let noted = noted.bind(from.0).bind(to.0).bind(note.rows as i64);
                noted.execute(&mut connection).await.map_err(failed)?;
            }
            Source::Journal(reader) => {
                let mut connection = journal::connect(reader.path()).await?;
                let noted = sqlx::query(NOTE_IN_JOURNAL).bind(SystemClock.now().0).bind(note.path);
                let noted = noted.bind(note.format).bind(from.0).bind(to.0).bind(note.rows as i64);
                noted.execute(&mut connection).await.map_err(failed)?;
                connection.close().await.map_err(failed)?;
            }
        }
        Ok(())
    }

    fn database(&self) -> String {
        match &self.source {
            Source::Postgres { target, .. } => target.clone(),
            Source::Journal(reader) => reader.database(),
        }
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.database(), source }
    }
}
