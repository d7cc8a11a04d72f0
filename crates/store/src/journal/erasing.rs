//! Takes what is known of a subject out of the journal.

use crate::erasure::{ErasedRows, Subject, sha256};
use sqlx::{SqliteConnection, SqlitePool};
use undertone_core::UnixMicros;

/// Every key that stands here.
const KEYS: &str = "select tenant, subject_key from streams where subject_key is not null \
     union select tenant, subject_key from set_aside where subject_key is not null \
     union select tenant, unit from exposures";
/// The keys of what is not shipped yet, which is all that may have come since the others were looked at.
const NEW_KEYS: &str = "select tenant, subject_key from streams where subject_key is not null \
     and id in (select id from outbox where kind = 'stream') \
     union select tenant, subject_key from set_aside where subject_key is not null \
     union select tenant, unit from exposures where shipped = 0";
/// Identifiers of the streams and predictions that go. This connection's own.
const MAKE_ERASED: &str = "create temp table if not exists erased (id text primary key) without rowid";
const GATHER: [&str; 2] = [
    "insert or ignore into erased select id from streams \
     where tenant = ?1 and subject_key = ?2 and opened_at_micros <= ?3",
    "insert or ignore into erased select stream_id from set_aside \
     where tenant = ?1 and subject_key = ?2 and at_micros <= ?3 and stream_id is not null",
];
const GATHER_ONE: &str = "insert or ignore into erased values (?)";
const GATHER_PREDICTIONS: &str =
    "insert or ignore into erased select id from predictions where stream_id in (select id from erased)";
const PENDING: &str = "select (select count(*) from predictions \
     where seq > (select predictions_seq from shipped) and id in (select id from erased)) + \
     (select count(*) from outbox where kind = 'stream' and id in (select id from erased))";
const SPAN: &str = "select min(created_at_micros), max(created_at_micros) from predictions \
     where id in (select id from erased)";
/// Files that are being written, too, whose number of rows is not known yet. Those over a time whose rows were forgotten since may hold some that nobody can look up any more.
const STALE: &str = "update exports set stale_since_micros = ?1 where stale_since_micros is null and rows <> 0 \
     and from_micros <= ?3 and (to_micros > ?2 or from_micros < (select min(created_at_micros) from predictions))";
const FORGET: [&str; 2] = [
    "delete from set_aside where id in (select id from erased) or stream_id in (select id from erased)",
    "delete from outbox where kind = 'stream' and id in (select id from erased)",
];
const FORGET_FEEDBACK: [&str; 2] = [
    "delete from feedback where prediction_id in (select id from erased)",
    "delete from feedback where stream_id in (select id from erased)",
];
const FORGET_EXPOSURES: &str = "delete from exposures where (tenant = ?3 and unit = ?1 and at_micros <= ?2) or unit in (select id from erased)";
const FORGET_PREDICTIONS: &str = "delete from predictions where id in (select id from erased)";
const FORGET_STREAMS: &str = "delete from streams where id in (select id from erased)";
const REMEMBER: &str = "insert or ignore into erased_ids select id from erased";
const EMPTY_ERASED: &str = "delete from erased";
const AUDIT: &str = "insert into erasures (at_micros, tenant, subject_sha256, streams, predictions, exposures, feedback) \
     values (?, ?, ?, ?, ?, ?, ?)";
const FOLLOWED: &str = "update erasures_followed set postgres_seq = max(postgres_seq, ?)";

/// What was taken out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) rows: ErasedRows,
    /// Rows that had been waiting to be shipped.
    pub(crate) pending: u64,
}

/// Deletes the subject's rows and leaves an audit row. To be called inside a transaction, and with the subject's key, where
/// [`key_of`] found one. Where nothing is known of it, there is no audit row.
pub(crate) async fn erase(
    connection: &mut SqliteConnection,
    subject: &Subject,
    now: UnixMicros,
) -> Result<Erased, sqlx::Error> {
    let key = match &subject.key {
        Some(key) => Some(key.clone()),
        None => new_key_of(connection, subject).await?,
    };
    gather(connection, subject, key.as_deref()).await?;
    mark_exports(connection, now).await?;
    let erased = delete(connection, key.as_deref(), subject).await?;
    if erased.rows != ErasedRows::default() {
        audit(connection, subject, erased.rows, now).await?;
    }
    for statement in [REMEMBER, EMPTY_ERASED] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    if let Some(seq) = subject.postgres_seq {
        sqlx::query(FOLLOWED).bind(seq).execute(connection).await?;
    }
    Ok(erased)
}

/// The subject's key, if it stands anywhere here: every key is hashed, which takes as long as there are many. To be looked for
/// before the transaction, for which records wait.
pub(crate) async fn key_of(pool: &SqlitePool, subject: &Subject) -> Result<Option<String>, sqlx::Error> {
    let known: Vec<(Option<String>, String)> = sqlx::query_as(KEYS).fetch_all(pool).await?;
    let (tenant, sha256) = (subject.tenant.clone(), subject.sha256.clone());
    let found = tokio::task::spawn_blocking(move || matching(known, &tenant, &sha256)).await;
    found.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))
}

/// The subject's key, if it came since.
async fn new_key_of(
    connection: &mut SqliteConnection,
    subject: &Subject,
) -> Result<Option<String>, sqlx::Error> {
    let known: Vec<(Option<String>, String)> = sqlx::query_as(NEW_KEYS).fetch_all(connection).await?;
    Ok(matching(known, &subject.tenant, &subject.sha256))
}

fn matching(known: Vec<(Option<String>, String)>, tenant: &str, digest: &str) -> Option<String> {
    let of_it = |(own, key): &(Option<String>, String)| {
        own.as_ref().is_none_or(|own| own == tenant) && sha256(key) == digest
    };
    known.into_iter().find(of_it).map(|(_, key)| key)
}

async fn gather(
    connection: &mut SqliteConnection,
    subject: &Subject,
    key: Option<&str>,
) -> Result<(), sqlx::Error> {
    for statement in [MAKE_ERASED, EMPTY_ERASED] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    for statement in GATHER {
        let gathered = sqlx::query(statement).bind(&subject.tenant).bind(key).bind(subject.until.0);
        gathered.execute(&mut *connection).await?;
    }
    for id in &subject.ids {
        sqlx::query(GATHER_ONE).bind(id).execute(&mut *connection).await?;
    }
    sqlx::query(GATHER_PREDICTIONS).execute(connection).await.map(drop)
}

async fn mark_exports(connection: &mut SqliteConnection, now: UnixMicros) -> Result<(), sqlx::Error> {
    let span: (Option<i64>, Option<i64>) = sqlx::query_as(SPAN).fetch_one(&mut *connection).await?;
    let (Some(first), Some(last)) = span else { return Ok(()) };
    sqlx::query(STALE).bind(now.0).bind(first).bind(last).execute(connection).await.map(drop)
}

async fn delete(
    connection: &mut SqliteConnection,
    key: Option<&str>,
    subject: &Subject,
) -> Result<Erased, sqlx::Error> {
    let pending: i64 = sqlx::query_scalar(PENDING).fetch_one(&mut *connection).await?;
    for statement in FORGET {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    let mut feedback = 0;
    for statement in FORGET_FEEDBACK {
        feedback += sqlx::query(statement).execute(&mut *connection).await?.rows_affected();
    }
    let exposures = sqlx::query(FORGET_EXPOSURES).bind(key).bind(subject.until.0).bind(&subject.tenant);
    let exposures = exposures.execute(&mut *connection).await?;
    let predictions = sqlx::query(FORGET_PREDICTIONS).execute(&mut *connection).await?.rows_affected();
    let streams = sqlx::query(FORGET_STREAMS).execute(connection).await?.rows_affected();
    let rows = ErasedRows { streams, predictions, exposures: exposures.rows_affected(), feedback };
    Ok(Erased { rows, pending: pending.unsigned_abs() })
}

async fn audit(
    connection: &mut SqliteConnection,
    subject: &Subject,
    rows: ErasedRows,
    now: UnixMicros,
) -> Result<(), sqlx::Error> {
    let audit = sqlx::query(AUDIT).bind(now.0).bind(&subject.tenant).bind(&subject.sha256);
    let audit = audit.bind(rows.streams.cast_signed()).bind(rows.predictions.cast_signed());
    let audit = audit.bind(rows.exposures.cast_signed()).bind(rows.feedback.cast_signed());
    audit.execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::{connect, file_in, folder, prepare};
    use super::*;
    use sqlx::sqlite::SqlitePoolOptions;

    const STREAM: &str = "insert into streams (id, opened_at_micros, tenant, subject_key, model_name, model_version, \
         encoding, sample_rate_hz, labels) values (?, 0, 'default', ?, 'm', '1', 'LINEAR16', 16000, '{}')";

    #[tokio::test]
    async fn inside_the_transaction_only_keys_are_hashed_that_came_since() {
        let data = tempfile::tempdir().unwrap();
        let path = file_in(data.path());
        let mut connection = connect(&path).await.unwrap();
        prepare(&mut connection, &path).await.unwrap();
        for (id, key) in [("old", "ann"), ("new", "ben")] {
            sqlx::query(STREAM).bind(id).bind(key).execute(&mut connection).await.unwrap();
        }
        sqlx::query("delete from outbox where id = 'old'").execute(&mut connection).await.unwrap();
        let waits =
            "insert into outbox (kind, id) select 'stream', 'new' where not exists (select 1 from outbox)";
        sqlx::query(waits).execute(&mut connection).await.unwrap();
        assert_eq!(
            new_key_of(&mut connection, &Subject::early("ben")).await.unwrap().as_deref(),
            Some("ben")
        );
        assert_eq!(new_key_of(&mut connection, &Subject::early("ann")).await.unwrap(), None);
        let pool = SqlitePoolOptions::new().connect_with(folder::reading(&path)).await.unwrap();
        for key in ["ann", "ben"] {
            assert_eq!(key_of(&pool, &Subject::early(key)).await.unwrap().as_deref(), Some(key));
        }
        let other = Subject { tenant: "acme".to_owned(), ..Subject::early("ann") };
        assert_eq!(key_of(&pool, &other).await.unwrap(), None, "a key is a tenant's own");
        pool.close().await;
    }
}
