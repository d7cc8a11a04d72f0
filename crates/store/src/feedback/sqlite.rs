//! Feedback in the journal's file.

use super::FeedbackColumns;
use sqlx::{SqliteConnection, SqlitePool};

const INSERT: &str = "insert into feedback (tenant, id, prediction_id, stream_id, start_samples, end_samples, label, \
     correct, source, said_at_micros, received_at_micros) select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 \
     where not exists (select 1 from erased_ids where id in (?3, ?4)) on conflict (tenant, id) do nothing";
const UNSHIPPED: &str = "select tenant, id, prediction_id, stream_id, start_samples, end_samples, label, correct, source, \
     said_at_micros, received_at_micros from feedback where shipped = 0 order by received_at_micros limit ?";
const OF_ARMS: &str = "select tenant, id, prediction_id, stream_id, start_samples, end_samples, label, correct, source, \
     said_at_micros, received_at_micros from feedback \
     where tenant = ?3 and (prediction_id in (select p.id from predictions p \
     where p.tenant = ?3 and p.arm >= ?1 and p.arm < ?2 and p.created_at_micros between ?4 and ?5) \
     or stream_id in (select p.stream_id from predictions p \
     where p.tenant = ?3 and p.arm >= ?1 and p.arm < ?2 and p.created_at_micros between ?4 and ?5)) \
     order by said_at_micros, received_at_micros, id";

/// True when it was not there. What is about an erased answer or stream is not kept.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    row: &FeedbackColumns,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(INSERT)
        .bind(&row.tenant)
        .bind(&row.id)
        .bind(&row.prediction_id)
        .bind(&row.stream_id)
        .bind(row.start_samples)
        .bind(row.end_samples)
        .bind(&row.label)
        .bind(row.correct)
        .bind(&row.source)
        .bind(row.said_at_micros)
        .bind(row.received_at_micros)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The oldest rows that are not in Postgres.
pub(crate) async fn unshipped(pool: &SqlitePool, limit: u32) -> Result<Vec<FeedbackColumns>, sqlx::Error> {
    sqlx::query_as(UNSHIPPED).bind(limit).fetch_all(pool).await
}

/// These rows are in Postgres.
pub(crate) async fn mark_shipped(
    connection: &mut SqliteConnection,
    rows: &[FeedbackColumns],
) -> Result<(), sqlx::Error> {
    for row in rows {
        sqlx::query("update feedback set shipped = 1 where tenant = ? and id = ?")
            .bind(&row.tenant)
            .bind(&row.id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Everything about predictions of arms from `first` up to `behind` that were made from `since` until `until`, both included, in
/// microseconds after 1970, and about their streams; said last comes last.
pub(crate) async fn of_arms(
    pool: &SqlitePool,
    (tenant, [first, behind]): (&str, [&str; 2]),
    [since, until]: [i64; 2],
) -> Result<Vec<FeedbackColumns>, sqlx::Error> {
    let asked = sqlx::query_as(OF_ARMS).bind(first).bind(behind).bind(tenant);
    asked.bind(since).bind(until).fetch_all(pool).await
}
