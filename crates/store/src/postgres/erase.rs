//! Takes what is known of a subject out of Postgres, its share of the rollups too, and keeps an audit row that every
//! server's journal follows.

use super::rollup;
use crate::erasure::{ErasedRows, Subject};
use sqlx::{Connection, PgConnection};
use undertone_core::UnixMicros;

/// Batches hold this lock shared, an erasure holds it alone: a row that was read from a journal before an erasure cannot
/// arrive behind it.
const LOCK_SHARED: &str = "select pg_advisory_xact_lock_shared(hashtextextended('undertone.erasure', 0))";
const LOCK_ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('undertone.erasure', 0))";
const NEWEST: &str = "select coalesce(max(seq), 0) from erasures";
const SINCE: &str = "select seq, (extract(epoch from at) * 1000000)::bigint, tenant, subject_sha256 \
     from erasures where seq > $1 order by seq";
const LAST_BEFORE: &str =
    "select coalesce(max(seq), 0) from erasures where at < to_timestamp($1::double precision / 1000000)";
const IDS: &str = "select id::text from erased_ids where erasure = $1";

const GATHER: &str = "create temp table erased on commit drop as \
     select id from streams where tenant = $1 and subject_key = $2 \
     union select id from refused_streams where tenant = $1 and subject_sha256 = $3";
const SPAN: &str = "select min(created_at)::text, max(created_at)::text from predictions \
     where stream_id in (select id from erased)";
/// What is deleted is staged, so that its share can be taken out of the rollups.
const DELETE_PREDICTIONS: &str = "with gone as (delete from predictions where stream_id in (select id from erased) \
     returning id, created_at, model_name, model_version, arm, role, top, abstained, confidence, start_samples, \
     end_samples, queue_micros, features_micros, inference_micros, is_final, level_dbfs, snr_db, speech_share, f0_hz, tenant), \
     staged as (insert into incoming_predictions (id, created_at, model_name, model_version, arm, role, top, abstained, \
     confidence, start_samples, end_samples, queue_micros, features_micros, inference_micros, is_final, level_dbfs, \
     snr_db, speech_share, f0_hz, tenant) \
     select * from gone) \
     select count(*) from gone";
const DELETE_FEEDBACK: [&str; 2] = [
    "delete from feedback where prediction_id in (select id from incoming_predictions)",
    "delete from feedback where stream_id in (select id from erased)",
];
/// A unit is the subject, or one of its streams.
const DELETE_EXPOSURES: &str =
    "delete from exposures where (tenant = $1 and unit = $2) or unit in (select id::text from erased)";
const DELETE_STREAMS: &str = "delete from streams where id in (select id from erased)";
const DELETE_REFUSED_STREAMS: &str = "delete from refused_streams where id in (select id from erased)";
/// Files that are being written, too, whose number of rows is not known yet. Those over a time that retention has dropped since may hold rows that nobody can look up any more.
const STALE: &str = "update exports set stale_since = now() where stale_since is null and rows <> 0 \
     and from_time <= $2::timestamptz and (to_time > $1::timestamptz \
     or from_time < (select min(created_at) from predictions))";
const STALE_FILES: &str = "select path from exports where stale_since = now() order by seq";
const AUDIT: &str = "insert into erasures (tenant, subject_sha256, streams, predictions, exposures, feedback) \
     values ($1, $2, $3, $4, $5, $6) returning seq";
const REMEMBER: [&str; 2] = [
    "insert into erased_ids select id, $1 from erased on conflict (id) do nothing",
    "insert into erased_ids select id, $1 from incoming_predictions on conflict (id) do nothing",
];

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErasureRow {
    pub(crate) rows: ErasedRows,
    /// Streams and predictions that are gone.
    pub(crate) ids: Vec<String>,
    /// Exported files that may hold rows of the subject.
    pub(crate) stale_files: Vec<String>,
}

/// Keeps erasures waiting until the end of the transaction, and tells the number of the last one.
pub(crate) async fn hold_off_erasures(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    // Two statements, since a statement sees the rows of the moment at which it began, before it had the lock.
    sqlx::query(LOCK_SHARED).execute(&mut *connection).await?;
    sqlx::query_scalar(NEWEST).fetch_one(connection).await
}

/// The number of the last erasure before a time; 0 where there was none.
pub(crate) async fn last_erasure_before(
    connection: &mut PgConnection,
    UnixMicros(time): UnixMicros,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(LAST_BEFORE).bind(time).fetch_one(connection).await
}

/// The subjects that were erased behind the erasure `seq`.
pub(crate) async fn erasures_since(
    connection: &mut PgConnection,
    seq: i64,
) -> Result<Vec<Subject>, sqlx::Error> {
    let rows: Vec<(i64, i64, String, String)> =
        sqlx::query_as(SINCE).bind(seq).fetch_all(&mut *connection).await?;
    let mut subjects = Vec::with_capacity(rows.len());
    for (seq, at, tenant, sha256) in rows {
        let ids = sqlx::query_scalar(IDS).bind(seq).fetch_all(&mut *connection).await?;
        subjects.push(Subject {
            tenant,
            key: None,
            sha256,
            until: UnixMicros(at),
            ids,
            postgres_seq: Some(seq),
        });
    }
    Ok(subjects)
}

/// Deletes the subject's rows, takes them out of the rollups, and writes the audit row, in one transaction. The
/// connection has its staging tables.
pub(crate) async fn erase(
    connection: &mut PgConnection,
    tenant: &str,
    key: &str,
    sha256: &str,
) -> Result<ErasureRow, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(LOCK_ALONE).execute(&mut *transaction).await?;
    sqlx::query(GATHER).bind(tenant).bind(key).bind(sha256).execute(&mut *transaction).await?;
    let stale_files = mark_exports(&mut transaction).await?;
    let rows = delete(&mut transaction, tenant, key).await?;
    let seq: i64 = sqlx::query_scalar(AUDIT)
        .bind(tenant)
        .bind(sha256)
        .bind(rows.streams.cast_signed())
        .bind(rows.predictions.cast_signed())
        .bind(rows.exposures.cast_signed())
        .bind(rows.feedback.cast_signed())
        .fetch_one(&mut *transaction)
        .await?;
    for statement in REMEMBER {
        sqlx::query(statement).bind(seq).execute(&mut *transaction).await?;
    }
    let ids = sqlx::query_scalar(IDS).bind(seq).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(ErasureRow { rows, ids, stale_files })
}

async fn mark_exports(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let span: (Option<String>, Option<String>) = sqlx::query_as(SPAN).fetch_one(&mut *connection).await?;
    let (Some(first), Some(last)) = span else { return Ok(Vec::new()) };
    sqlx::query(STALE).bind(first).bind(last).execute(&mut *connection).await?;
    sqlx::query_scalar(STALE_FILES).fetch_all(connection).await
}

/// What hangs on the rows goes before them.
async fn delete(connection: &mut PgConnection, tenant: &str, key: &str) -> Result<ErasedRows, sqlx::Error> {
    let predictions: i64 = sqlx::query_scalar(DELETE_PREDICTIONS).fetch_one(&mut *connection).await?;
    rollup::take_staged_away(connection).await?;
    let mut feedback = 0;
    for statement in DELETE_FEEDBACK {
        feedback += sqlx::query(statement).execute(&mut *connection).await?.rows_affected();
    }
    let exposures = sqlx::query(DELETE_EXPOSURES).bind(tenant).bind(key);
    let exposures = exposures.execute(&mut *connection).await?.rows_affected();
    sqlx::query(DELETE_REFUSED_STREAMS).execute(&mut *connection).await?;
    let streams = sqlx::query(DELETE_STREAMS).execute(connection).await?.rows_affected();
    Ok(ErasedRows { streams, predictions: predictions.unsigned_abs(), exposures, feedback })
}
