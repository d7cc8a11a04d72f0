//! Feedback in Postgres.

use super::FeedbackColumns;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

const INSERT: &str = "insert into feedback (tenant, id, prediction_id, stream_id, start_samples, end_samples, label, \
     correct, source, said_at, received_at) select tenant, id, prediction_id, stream_id, start_samples, end_samples, label, \
     correct, source, timestamptz 'epoch' + said_at_micros * interval '1 microsecond', \
     timestamptz 'epoch' + received_at_micros * interval '1 microsecond' \
     from jsonb_to_recordset($1) as row (tenant text, id uuid, prediction_id uuid, stream_id uuid, start_samples bigint, \
     end_samples bigint, label text, correct boolean, source text, said_at_micros bigint, \
     received_at_micros bigint) on conflict (tenant, id) do nothing";
const OF_ARMS: &str = "select tenant, id::text, prediction_id::text, stream_id::text, start_samples, end_samples, label, \
     correct, source, (extract(epoch from said_at) * 1000000)::bigint as said_at_micros, \
     (extract(epoch from received_at) * 1000000)::bigint as received_at_micros from feedback \
     where tenant = $3 and (prediction_id in (select p.id from predictions p \
     where p.tenant = $3 and p.arm is not null and p.arm collate \"C\" >= $1 and p.arm collate \"C\" < $2 \
     and p.created_at between timestamptz 'epoch' + $4::bigint * interval '1 microsecond' \
     and timestamptz 'epoch' + $5::bigint * interval '1 microsecond') \
     or stream_id in (select p.stream_id from predictions p \
     where p.tenant = $3 and p.arm is not null and p.arm collate \"C\" >= $1 and p.arm collate \"C\" < $2 \
     and p.created_at between timestamptz 'epoch' + $4::bigint * interval '1 microsecond' \
     and timestamptz 'epoch' + $5::bigint * interval '1 microsecond')) \
     order by feedback.said_at, feedback.received_at, feedback.id";

/// Inserts the rows that are not there.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    rows: &[FeedbackColumns],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(INSERT).bind(Json(rows)).execute(connection).await.map(drop)
}

/// As in the journal.
pub(crate) async fn of_arms(
    pool: &PgPool,
    (tenant, [first, behind]): (&str, [&str; 2]),
    [since, until]: [i64; 2],
) -> Result<Vec<FeedbackColumns>, sqlx::Error> {
    let asked = sqlx::query_as(OF_ARMS).bind(first).bind(behind).bind(tenant);
    asked.bind(since).bind(until).fetch_all(pool).await
}
