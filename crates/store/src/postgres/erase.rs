//! Takes what is known of a subject out of Postgres, its share of the rollups too, and keeps an audit row that every
//! server's journal follows.

use super::rollup;
use crate::erasure::Subject;
use sqlx::{Connection, PgConnection};
use undertone_core::UnixMicros;

/// Batches hold this lock shared, an erasure holds it alone: a row that was read from a journal before an erasure cannot
/// arrive behind it.
const LOCK_SHARED: &str = "select pg_advisory_xact_lock_shared(hashtextextended('undertone.erasure', 0))";
const LOCK_ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('undertone.erasure', 0))";
const NEWEST: &str = "select coalesce(max(seq), 0) from erasures";
const SINCE: &str = "select seq, (extract(epoch from at) * 1000000)::bigint, tenant, subject_sha256 \
     from erasures where seq > $1 order by seq";

const GATHER: &str = "create temp table erased on commit drop as \
     select id from streams where tenant = $1 and subject_key = $2";
const SPAN: &str = "select min(created_at)::text, max(created_at)::text from predictions \
     where stream_id in (select id from erased)";
const DELETE_PREDICTIONS: &str = "with gone as (delete from predictions where stream_id in (select id from erased) \
     returning id, created_at, model_name, model_version, arm, role, top, abstained, confidence, start_samples, \
     end_samples, queue_micros, features_micros, inference_micros, is_final), \
     staged as (insert into incoming_predictions (id, created_at, model_name, model_version, arm, role, top, abstained, \
     confidence, start_samples, end_samples, queue_micros, features_micros, inference_micros, is_final) \
     select * from gone) \
     select count(*) from gone";
const DELETE_STREAMS: &str = "delete from streams where id in (select id from erased)";
const STALE: &str = "update exports set stale_since = now() where stale_since is null \
     and from_time <= $2::timestamptz and to_time > $1::timestamptz";
const STALE_FILES: &str = "select path from exports where stale_since = now() order by seq";
const AUDIT: &str = "insert into erasures (tenant, subject_sha256, streams, predictions) values ($1, $2, $3, $4) \
     returning seq, (extract(epoch from at) * 1000000)::bigint";

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErasureRow {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) streams: u64,
    pub(crate) predictions: u64,
    /// Exported files that hold rows of the subject.
    pub(crate) stale_files: Vec<String>,
}

/// Keeps erasures waiting until the end of the transaction, and tells the number of the last one.
pub(crate) async fn hold_off_erasures(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    // Two statements, since a statement sees the rows of the moment at which it began, before it had the lock.
    sqlx::query(LOCK_SHARED).execute(&mut *connection).await?;
    sqlx::query_scalar(NEWEST).fetch_one(connection).await
}

/// The subjects that were erased behind the erasure `seq`.
pub(crate) async fn erasures_since(
    connection: &mut PgConnection,
    seq: i64,
) -> Result<Vec<Subject>, sqlx::Error> {
    let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(SINCE).bind(seq).fetch_all(connection).await?;
    let subject = |(seq, at, tenant, sha256)| Subject {
        tenant,
        sha256,
        until: UnixMicros(at),
        postgres_seq: Some(seq),
    };
    Ok(rows.into_iter().map(subject).collect())
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
    sqlx::query(GATHER).bind(tenant).bind(key).execute(&mut *transaction).await?;
    let span: (Option<String>, Option<String>) = sqlx::query_as(SPAN).fetch_one(&mut *transaction).await?;
    let mut stale_files = Vec::new();
    if let (Some(first), Some(last)) = span {
        sqlx::query(STALE).bind(first).bind(last).execute(&mut *transaction).await?;
        stale_files = sqlx::query_scalar(STALE_FILES).fetch_all(&mut *transaction).await?;
    }
    let predictions: i64 = sqlx::query_scalar(DELETE_PREDICTIONS).fetch_one(&mut *transaction).await?;
    rollup::take_away(&mut transaction).await?;
    let streams = sqlx::query(DELETE_STREAMS).execute(&mut *transaction).await?.rows_affected();
    let (seq, at): (i64, i64) = sqlx::query_as(AUDIT)
        .bind(tenant)
        .bind(sha256)
        .bind(streams as i64)
        .bind(predictions)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(ErasureRow { seq, at, streams, predictions: predictions.unsigned_abs(), stale_files })
}
