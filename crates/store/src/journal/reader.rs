//! Reads the journal, also while a server writes it.

use super::{Batch, Edge, folder, outbox};
use crate::columns::{PredictionColumns, StreamColumns};
use crate::counts::CountColumns;
use crate::{Counts, PredictionRow, StoreError, StreamRow};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use std::path::{Path, PathBuf};

const RECENT_PREDICTIONS: &str = "select * from predictions order by created_at_micros desc, id desc limit ?";
const RECENT_STREAMS: &str = "select * from streams order by opened_at_micros desc, id desc limit ?";
const COUNTS: &str = "select (select count(*) from streams) as streams, \
     (select count(*) from streams where ended_at_micros is null) as open_streams, \
     (select count(*) from predictions) as predictions";

/// The last erasure of Postgres that was done in the journal too.
pub(crate) async fn followed_erasure(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select postgres_seq from erasures_followed").fetch_one(pool).await
}

/// A journal, open for reading only.
#[derive(Debug, Clone)]
pub struct JournalReader {
    path: PathBuf,
    pool: SqlitePool,
}

impl JournalReader {
    /// Opens the journal in `data_dir`; a server may be writing it.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = folder::file_in(data_dir);
        if !path.exists() {
            return Err(StoreError::NoJournal { path });
        }
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(folder::reading(&path)).await;
        let pool = pool.map_err(|source| StoreError::journal(&path, source))?;
        Ok(Self { path, pool })
    }

    /// The newest predictions first; at most `limit`.
    pub async fn recent_predictions(&self, limit: u32) -> Result<Vec<PredictionRow>, StoreError> {
        let rows: Vec<PredictionColumns> = sqlx::query_as(RECENT_PREDICTIONS)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|source| self.failed("reading predictions", source))?;
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("predictions", self.database(), &misfit))
    }

    /// The newest streams first; at most `limit`.
    pub async fn recent_streams(&self, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        let rows: Vec<StreamColumns> = sqlx::query_as(RECENT_STREAMS)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(|source| self.failed("reading streams", source))?;
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("streams", self.database(), &misfit))
    }

    /// How many rows the journal holds.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let counts: CountColumns = sqlx::query_as(COUNTS)
            .fetch_one(&self.pool)
            .await
            .map_err(|source| self.failed("counting rows", source))?;
        Ok(counts.into())
    }

    pub(crate) async fn next_batch(&self, from: Edge, rows: u32) -> Result<Batch, StoreError> {
        outbox::read_batch(&self.pool, from, rows)
            .await
            .map_err(|source| self.failed("reading the outbox", source))
    }

    pub(crate) async fn next_streams(
        &self,
        from: Edge,
        rows: u32,
        predictions: &[PredictionColumns],
    ) -> Result<(Vec<StreamColumns>, i64), StoreError> {
        outbox::read_streams(&self.pool, from, rows, predictions)
            .await
            .map_err(|source| self.failed("reading the outbox", source))
    }

    /// How many changes wait for Postgres, and how many rows are set aside.
    pub async fn waiting(&self) -> Result<(u64, u64), StoreError> {
        outbox::standing(&self.pool).await.map_err(|source| self.failed("counting the outbox", source))
    }

    pub(crate) async fn followed_erasure(&self) -> Result<i64, StoreError> {
        followed_erasure(&self.pool).await.map_err(|source| self.failed("reading the erasures", source))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(crate) fn database(&self) -> String {
        self.path.display().to_string()
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.database(), source }
    }
}
