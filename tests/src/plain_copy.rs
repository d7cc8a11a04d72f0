//! What plain COPY reaches with rows that are in a Postgres already: the measure of everything that writes there.

use crate::PrivatePostgres;
use anyhow::Result;
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;

/// As the rows lie in `predictions`, and without its partitions, indexes and checks.
const MAKE: [&str; 2] = [
    "create table plain_copy (like predictions including all)",
    "create table bare_copy (like predictions including generated)",
];
/// What a row holds, but for what follows from it.
const COLUMNS: &str = "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) \
     from information_schema.columns where table_schema = current_schema() and table_name = 'predictions' and is_generated = 'NEVER'";
const SIZE: &str = "select sum(pg_total_relation_size(relid))::bigint from pg_partition_tree('predictions')";
const ROWS: &str = "select count(*) from predictions";
/// Rows go over in pieces of so many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct PlainCopy {
    /// Rows copied.
    pub rows: u64,
    /// Into a table of the same columns, indexes and checks.
    pub alike: Duration,
    /// Into a table of the same columns and nothing else.
    pub bare: Duration,
    /// Bytes per row of `predictions`, indexes included.
    pub bytes_per_row: f64,
}

impl PlainCopy {
    /// Copies every row of `predictions` into tables of its own, in one COPY each, over one connection, in the binary
    /// format, from memory.
    ///
    /// # Errors
    /// When Postgres does not do it.
    pub async fn measure(postgres: &PrivatePostgres) -> Result<Self> {
        let mut connection = PgConnection::connect(&postgres.url()).await?;
        for statement in MAKE {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        let columns: String = sqlx::query_scalar(COLUMNS).fetch_one(&mut connection).await?;
        let bytes = rows(&mut connection, &columns).await?;
        let (alike, rows) = copy(&mut connection, &format!("plain_copy ({columns})"), &bytes).await?;
        let (bare, _) = copy(&mut connection, &format!("bare_copy ({columns})"), &bytes).await?;
        let size: i64 = sqlx::query_scalar(SIZE).fetch_one(&mut connection).await?;
        let stored: i64 = sqlx::query_scalar(ROWS).fetch_one(&mut connection).await?;
        anyhow::ensure!(rows == stored as u64, "{rows} of {stored} rows were copied");
        Ok(Self { rows, alike, bare, bytes_per_row: size as f64 / rows as f64 })
    }
}

async fn rows(connection: &mut PgConnection, columns: &str) -> Result<Vec<u8>> {
    let statement = format!("copy (select {columns} from predictions order by id) to stdout (format binary)");
    let mut pieces = connection.copy_out_raw(&statement).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

async fn copy(connection: &mut PgConnection, table: &str, bytes: &[u8]) -> Result<(Duration, u64)> {
    let statement = format!("copy {table} from stdin (format binary)");
    let begun = Instant::now();
    let mut sink = connection.copy_in_raw(&statement).await?;
    for piece in bytes.chunks(PIECE_BYTES) {
        sink.send(piece).await?;
    }
    let rows = sink.finish().await?;
    Ok((begun.elapsed(), rows))
}
