//! What of the journal still has to reach Postgres.

use super::statements::Kind;
use crate::ShipperStatus;
use crate::columns::{PredictionColumns, StreamColumns};
use sqlx::{SqliteConnection, SqlitePool};

const EDGE: &str = "select max(seq) from (select seq from outbox order by seq limit ?)";
const STREAMS: &str =
    "select * from streams where id in (select id from outbox where kind = 'stream' and seq <= ?)";
const PREDICTIONS: &str =
    "select * from predictions where id in (select id from outbox where kind = 'prediction' and seq <= ?)";
const STANDING: &str = "select (select count(*) from outbox), (select count(*) from set_aside)";

/// The oldest changes, as their rows are now. A stream that changed twice is there once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The highest outbox number that the rows cover.
    pub(crate) edge: i64,
    pub(crate) streams: Vec<StreamColumns>,
    pub(crate) predictions: Vec<PredictionColumns>,
}

impl Batch {
    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.streams.len() + self.predictions.len()
    }
}

/// A row that Postgres does not take.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) error: String,
}

/// What became of a batch.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// Everything up to here leaves the outbox.
    pub(crate) edge: i64,
    /// How many rows Postgres took.
    pub(crate) shipped: u64,
    pub(crate) refused: Vec<Refusal>,
}

/// Reads the oldest changes, at most `rows`. Rows that change meanwhile are announced again with a
/// higher number, so no snapshot is needed.
pub(super) async fn read_batch(pool: &SqlitePool, rows: u32) -> Result<Batch, sqlx::Error> {
    let edge: Option<i64> = sqlx::query_scalar(EDGE).bind(rows).fetch_one(pool).await?;
    let Some(edge) = edge else { return Ok(Batch::default()) };
    let streams = sqlx::query_as(STREAMS).bind(edge).fetch_all(pool).await?;
    let predictions = sqlx::query_as(PREDICTIONS).bind(edge).fetch_all(pool).await?;
    Ok(Batch { edge, streams, predictions })
}

/// How many rows wait and are set aside when the journal is opened.
pub(super) async fn standing(connection: &mut SqliteConnection) -> Result<ShipperStatus, sqlx::Error> {
    let (pending, set_aside): (i64, i64) = sqlx::query_as(STANDING).fetch_one(connection).await?;
    Ok(ShipperStatus {
        pending_rows: pending.unsigned_abs(),
        set_aside_rows: set_aside.unsigned_abs(),
        ..ShipperStatus::default()
    })
}
