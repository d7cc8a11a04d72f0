//! What of the journal still has to reach Postgres.

use super::statements::Kind;
use crate::columns::{PredictionColumns, StreamColumns};
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{Row, SqliteExecutor, SqlitePool};
use std::collections::{BTreeSet, HashSet};

const EDGE: &str = "select max(seq) from (select seq from outbox where seq > ? order by seq limit ?)";
const STREAMS: &str = "select * from streams where id in \
     (select id from outbox where kind = 'stream' and seq > ? and seq <= ?)";
const IS_MORE: &str = "select exists (select 1 from outbox where seq > ?)";
/// Changes behind the edge of streams that are named.
const AHEAD: &str = "select * from streams where id in (select value from json_each(?2)) and id in \
     (select id from outbox where kind = 'stream' and seq > ?1)";
const PREDICTIONS: &str = "select seq, id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, \
     is_final, start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, \
     features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant \
     from predictions where seq > max(?, (select predictions_seq from shipped)) order by seq limit ?";
const STANDING: &str = "select (select count(*) from outbox) + \
     (select count(*) from predictions where seq > (select predictions_seq from shipped)), \
     (select count(*) from set_aside)";

/// How far rows were read: the highest numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    /// In the outbox, of changes of streams.
    pub(crate) streams: i64,
    /// Of predictions.
    pub(crate) predictions: i64,
}

/// The oldest rows that Postgres does not have, as they are now. A stream that changed twice is there once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// What the rows cover.
    pub(crate) edge: Edge,
    pub(crate) streams: Vec<StreamColumns>,
    pub(crate) predictions: Vec<PredictionColumns>,
}

impl Batch {
    /// How far rows were read once this batch was, behind `from`.
    pub(crate) fn behind(&self, from: Edge) -> Edge {
        let (streams, predictions) = (self.edge.streams, self.edge.predictions);
        Edge { streams: streams.max(from.streams), predictions: predictions.max(from.predictions) }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.streams.len() + self.predictions.len()
    }

    /// Whether there was nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.edge == Edge::default()
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
    /// Everything up to here needs no shipping any more.
    pub(crate) edge: Edge,
    /// How many predictions the batch held.
    pub(crate) predictions: u64,
    /// How many rows Postgres took.
    pub(crate) shipped: u64,
    pub(crate) refused: Vec<Refusal>,
}

/// Reads the oldest changed streams behind `from`, of at most `rows` changes, and the number of the last change; 0 when there
/// is none. Beside them those of `predictions`, which were read before: no answer gets ahead of its stream, by which alone it
/// is found when its subject is to be forgotten.
pub(super) async fn read_streams(
    pool: &SqlitePool,
    from: Edge,
    rows: u32,
    predictions: &[PredictionColumns],
) -> Result<(Vec<StreamColumns>, i64), sqlx::Error> {
    let edge: Option<i64> = sqlx::query_scalar(EDGE).bind(from.streams).bind(rows).fetch_one(pool).await?;
    let Some(edge) = edge else { return Ok((Vec::new(), 0)) };
    let mut streams: Vec<StreamColumns> =
        sqlx::query_as(STREAMS).bind(from.streams).bind(edge).fetch_all(pool).await?;
    let read: HashSet<&str> = streams.iter().map(|stream| stream.id.as_str()).collect();
    let ids = predictions.iter().map(|row| row.stream_id.as_str());
    let missing: BTreeSet<&str> = ids.filter(|id| !read.contains(id)).collect();
    if !missing.is_empty() && sqlx::query_scalar(IS_MORE).bind(edge).fetch_one(pool).await? {
        let ahead: Vec<StreamColumns> =
            sqlx::query_as(AHEAD).bind(edge).bind(Json(missing)).fetch_all(pool).await?;
        streams.extend(ahead);
    }
    Ok((streams, edge))
}

/// Reads the oldest rows behind `from`, of each kind at most `rows`. Streams that change meanwhile are announced again with
/// a higher number, and predictions never change, so no snapshot is needed.
pub(super) async fn read_batch(pool: &SqlitePool, from: Edge, rows: u32) -> Result<Batch, sqlx::Error> {
    let numbered = sqlx::query(PREDICTIONS).bind(from.predictions).bind(rows).fetch_all(pool).await?;
    let last = numbered.last().map(|row| row.try_get(0)).transpose()?;
    let predictions: Vec<PredictionColumns> = numbered.iter().map(prediction).collect::<Result<_, _>>()?;
    let (streams, streams_edge) = read_streams(pool, from, rows, &predictions).await?;
    let edge = Edge { streams: streams_edge, predictions: last.unwrap_or(0) };
    Ok(Batch { edge, streams, predictions })
}

/// By place, which is much faster than by name.
fn prediction(row: &SqliteRow) -> Result<PredictionColumns, sqlx::Error> {
    Ok(PredictionColumns {
        id: row.try_get(1)?,
        stream_id: row.try_get(2)?,
        utterance: row.try_get(3)?,
        created_at_micros: row.try_get(4)?,
        model_name: row.try_get(5)?,
        model_version: row.try_get(6)?,
        arm: row.try_get(7)?,
        role: row.try_get(8)?,
        is_final: row.try_get(9)?,
        start_samples: row.try_get(10)?,
        end_samples: row.try_get(11)?,
        labels: row.try_get(12)?,
        probabilities: row.try_get(13)?,
        top: row.try_get(14)?,
        confidence: row.try_get(15)?,
        abstained: row.try_get(16)?,
        queue_micros: row.try_get(17)?,
        features_micros: row.try_get(18)?,
        inference_micros: row.try_get(19)?,
        level_dbfs: row.try_get(20)?,
        snr_db: row.try_get(21)?,
        speech_share: row.try_get(22)?,
        f0_hz: row.try_get(23)?,
        tenant: row.try_get(24)?,
    })
}

/// How many rows wait, and how many are set aside.
pub(super) async fn standing<'c>(executor: impl SqliteExecutor<'c>) -> Result<(u64, u64), sqlx::Error> {
    let (pending, set_aside): (i64, i64) = sqlx::query_as(STANDING).fetch_one(executor).await?;
    Ok((pending.unsigned_abs(), set_aside.unsigned_abs()))
}
