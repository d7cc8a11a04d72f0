//! An erasure on request.

use super::{Subject, sha256};
use crate::journal::{self, erase as erase_from_journal};
use crate::postgres::{self, ErasureRow};
use crate::{Database, PostgresUrl, StoreError, migrate};
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use undertone_core::{Clock, SystemClock, UnixMicros};

const STALE_FILES: &str = "select path from exports where stale_since_micros = ? order by seq";

/// What an erasure took out of one database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasedRows {
    /// Streams.
    pub streams: u64,
    /// Predictions.
    pub predictions: u64,
    /// Exposures to arms of experiments.
    pub exposures: u64,
    /// What people said about its predictions and streams.
    pub feedback: u64,
}

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErasureReport {
    /// In Postgres, whose rollups have lost the subject's share too; none when there is none.
    pub postgres: Option<ErasedRows>,
    /// In the journal of this machine; none when there is none.
    pub journal: Option<ErasedRows>,
    /// Exported files that hold rows of the subject: they are to be deleted, or made again.
    pub stale_files: Vec<String>,
}

/// Takes what is stored under the subject key `key`, spelled as it is stored, out of Postgres and of the journal in
/// `data_dir`, where they are, also while a server runs; what hangs on its streams and predictions too. Each keeps an audit
/// row. Servers on other machines follow with their own journals when they next send something to this Postgres, at the
/// latest after a minute.
///
/// # Errors
/// When a database cannot be reached or written. What was erased before stays erased; asking again does the rest.
pub async fn erase_subject(
    data_dir: &Path,
    url: Option<&PostgresUrl>,
    (tenant, key): (&str, &str),
) -> Result<ErasureReport, StoreError> {
    let mut report = ErasureReport::default();
    let mut subject = Subject {
        tenant: tenant.to_owned(),
        key: Some(key.to_owned()),
        sha256: sha256(key),
        until: SystemClock.now(),
        ids: Vec::new(),
        postgres_seq: None,
    };
    if let Some(url) = url {
        let erased = in_postgres(url, &subject, key).await?;
        report.postgres = Some(erased.rows);
        report.stale_files = erased.stale_files;
        subject.ids = erased.ids;
    }
    if journal::file_in(data_dir).exists() {
        let (rows, stale) = in_journal(data_dir, &subject).await?;
        report.journal = Some(rows);
        report.stale_files.extend(stale);
    }
    Ok(report)
}

async fn in_postgres(url: &PostgresUrl, subject: &Subject, key: &str) -> Result<ErasureRow, StoreError> {
    migrate::migrate(&Database::Postgres(url.clone())).await?;
    let mut connection = postgres::connect(url).await?;
    let failed = |source| StoreError::Query { what: "erasing a subject", database: url.target(), source };
    postgres::make_staging(&mut connection).await.map_err(failed)?;
    postgres::erase(&mut connection, &subject.tenant, key, &subject.sha256).await.map_err(failed)
}

async fn in_journal(data_dir: &Path, subject: &Subject) -> Result<(ErasedRows, Vec<String>), StoreError> {
    match migrate::migrate(&Database::Journal(data_dir.to_owned())).await {
        // The server that has it has migrated it.
        Ok(_) | Err(StoreError::InUse { .. }) => {}
        Err(error) => return Err(error),
    }
    let path = journal::file_in(data_dir);
    let mut connection = journal::connect(&path).await?;
    let erased = transaction(&mut connection, subject).await;
    let closed = connection.close().await;
    let erased = erased.map_err(|source| StoreError::journal(&path, source))?;
    closed.map_err(|source| StoreError::journal(&path, source))?;
    Ok(erased)
}

async fn transaction(
    connection: &mut SqliteConnection,
    subject: &Subject,
) -> Result<(ErasedRows, Vec<String>), sqlx::Error> {
    let UnixMicros(now) = subject.until;
    sqlx::query("begin immediate").execute(&mut *connection).await?;
    let erased = erase_from_journal(connection, subject, subject.until).await?;
    let stale = sqlx::query_scalar(STALE_FILES).bind(now).fetch_all(&mut *connection).await?;
    sqlx::query("commit").execute(&mut *connection).await?;
    if !journal::empty_log(connection).await? {
        tracing::warn!(
            "the journal is read just now, and its log keeps what was erased until it is written over"
        );
    }
    Ok((erased.rows, stale))
}
