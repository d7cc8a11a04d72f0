//! Takes what is known of a subject out of the journal.

use crate::erasure::Subject;
use sqlx::SqliteConnection;
use undertone_core::UnixMicros;

const SUBJECTS: &str = "select distinct tenant, subject_key from streams where subject_key is not null";
const PENDING: &str = "select (select count(*) from predictions where seq > (select predictions_seq from shipped) \
     and stream_id in (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3)) + \
     (select count(*) from outbox where kind = 'stream' \
     and id in (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3))";
const SPAN: &str = "select min(created_at_micros), max(created_at_micros) from predictions \
     where stream_id in (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3)";
const FORGET_SET_ASIDE: &str = "delete from set_aside where id in \
     (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3) or id in (select id from predictions \
     where stream_id in (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3))";
const FORGET_OUTBOX: &str = "delete from outbox where kind = 'stream' and id in \
     (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3)";
const FORGET_PREDICTIONS: &str = "delete from predictions where stream_id in \
     (select id from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3)";
const FORGET_STREAMS: &str =
    "delete from streams where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3";
const STALE: &str = "update exports set stale_since_micros = ?1 \
     where stale_since_micros is null and from_micros <= ?3 and to_micros > ?2";
const AUDIT: &str =
    "insert into erasures (at_micros, tenant, subject_sha256, streams, predictions) values (?, ?, ?, ?, ?)";

const FOLLOWED: &str = "update erasures_followed set postgres_seq = max(postgres_seq, ?)";

/// What was taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) streams: u64,
    pub(crate) predictions: u64,
    /// Rows that had been waiting to be shipped.
    pub(crate) pending: u64,
}

/// Deletes the subject's rows and leaves an audit row. To be called inside a transaction. Where nothing is known of it, there
/// is none.
pub(crate) async fn erase(
    connection: &mut SqliteConnection,
    subject: &Subject,
    now: UnixMicros,
) -> Result<Erased, sqlx::Error> {
    let known: Vec<(String, String)> = sqlx::query_as(SUBJECTS).fetch_all(&mut *connection).await?;
    let mut all = Erased::default();
    for (tenant, key) in known.iter().filter(|(tenant, key)| subject.is(tenant, key)) {
        let erased = erase_key(connection, (tenant, key, subject.until), now).await?;
        sqlx::query(AUDIT)
            .bind(now.0)
            .bind(tenant)
            .bind(&subject.sha256)
            .bind(erased.streams as i64)
            .bind(erased.predictions as i64)
            .execute(&mut *connection)
            .await?;
        all.streams += erased.streams;
        all.predictions += erased.predictions;
        all.pending += erased.pending;
    }
    if let Some(seq) = subject.postgres_seq {
        sqlx::query(FOLLOWED).bind(seq).execute(connection).await?;
    }
    Ok(all)
}

async fn erase_key(
    connection: &mut SqliteConnection,
    (tenant, key, until): (&str, &str, UnixMicros),
    now: UnixMicros,
) -> Result<Erased, sqlx::Error> {
    let pending: i64 =
        sqlx::query_scalar(PENDING).bind(tenant).bind(key).bind(until.0).fetch_one(&mut *connection).await?;
    let span: (Option<i64>, Option<i64>) =
        sqlx::query_as(SPAN).bind(tenant).bind(key).bind(until.0).fetch_one(&mut *connection).await?;
    if let (Some(first), Some(last)) = span {
        sqlx::query(STALE).bind(now.0).bind(first).bind(last).execute(&mut *connection).await?;
    }
    for statement in [FORGET_SET_ASIDE, FORGET_OUTBOX] {
        sqlx::query(statement).bind(tenant).bind(key).bind(until.0).execute(&mut *connection).await?;
    }
    let mut deleted = [0; 2];
    for (deleted, statement) in deleted.iter_mut().zip([FORGET_PREDICTIONS, FORGET_STREAMS]) {
        *deleted = sqlx::query(statement)
            .bind(tenant)
            .bind(key)
            .bind(until.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(Erased { predictions: deleted[0], streams: deleted[1], pending: pending.unsigned_abs() })
}
