//! Has rows sent to Postgres once more: those that it confirmed and has lost since, as a standby does that had not everything
//! yet when it took over.

use super::{file_in, folder, lock, prepare};
use crate::{Database, PostgresUrl, StoreError, migrate, postgres};
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use undertone_core::UnixMicros;

/// What was recorded behind the first answer of the time goes, whatever time it names. Times to come are of a clock that ran ahead.
const BACK: &str = "update shipped set predictions_seq = min(predictions_seq, coalesce( \
     (select min(seq) - 1 from predictions where created_at_micros >= ?1 and created_at_micros <= ?2), predictions_seq))";
const MARK: &str = "select predictions_seq from shipped";
const AGAIN: &str = "select count(*), min(created_at_micros) from predictions where seq > ?1 and seq <= ?2";
/// Those of the answers that go, without which no erasure finds these, and those that began or ended since.
const STREAMS: &str = "insert into outbox (kind, id) select 'stream', id from streams s \
     where (opened_at_micros >= ?1 or ended_at_micros >= ?1 \
         or id in (select stream_id from predictions where seq > (select predictions_seq from shipped))) \
     and not exists (select 1 from outbox o where o.kind = 'stream' and o.id = s.id)";
const EXPOSURES: &str = "update exposures set shipped = 0 where shipped = 1 and at_micros >= ?";
const FEEDBACK: &str = "update feedback set shipped = 0 where shipped = 1 and received_at_micros >= ?";
/// Set-aside rows are kept beyond the limit, so they tell nothing of how far the journal goes back.
const OLDEST: &str = "select min(created_at_micros) from predictions p \
     where not exists (select 1 from set_aside where kind = 'prediction' and id = p.id)";
/// What Postgres refused is tried with the rest, and set aside again if it is refused again.
const SET_ASIDE: &str = "delete from set_aside where refused_by = 'postgres' and ( \
     kind = 'prediction' and id in (select id from predictions where seq > (select predictions_seq from shipped)) \
     or kind = 'stream' and id in (select id from outbox where kind = 'stream'))";
/// The standby may give its next erasure a number that was followed already.
const FOLLOWED: &str = "update erasures_followed set postgres_seq = min(postgres_seq, ?)";

/// From when on rows are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReshipSpan {
    /// What was recorded since.
    pub since: UnixMicros,
    /// Nothing that was made before: Postgres may have dropped it for its age, and would count it again. None where it drops
    /// nothing.
    pub earliest: Option<UnixMicros>,
    /// The time of day.
    pub now: UnixMicros,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reship {
    /// The journal sends this again.
    Again(Reshipped),
    /// Nothing is changed: an answer of this time would go, which is too old.
    TooOld(UnixMicros),
}

/// What a journal will send again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reshipped {
    /// Streams.
    pub streams: u64,
    /// Predictions, all that were recorded behind the first of the time.
    pub predictions: u64,
    /// Exposures to arms of experiments.
    pub exposures: u64,
    /// What people said about answers.
    pub feedback: u64,
    /// How far the journal's answers go back; none when it holds none.
    pub oldest: Option<UnixMicros>,
}

/// Has the journal in `data_dir` send again what was recorded since, with the next start of its server. What Postgres has stays
/// as it is there and is not counted twice.
///
/// # Errors
/// When there is no journal, a server has it open, it cannot be written, or Postgres does not answer. Then nothing is changed.
pub async fn reship(data_dir: &Path, url: &PostgresUrl, span: ReshipSpan) -> Result<Reship, StoreError> {
    let path = file_in(data_dir);
    if !path.exists() {
        return Err(StoreError::NoJournal { path });
    }
    let _ours = lock(data_dir)?;
    let erasure = last_erasure_before(url, span.since).await?;
    let mut connection = folder::connect(&path).await?;
    prepare(&mut connection, &path).await?;
    let done = transaction(&mut connection, span, erasure).await;
    let closed = connection.close().await;
    let done = done.map_err(|source| StoreError::journal(&path, source))?;
    closed.map_err(|source| StoreError::journal(&path, source))?;
    Ok(done)
}

/// The number of the last erasure that Postgres knows from before; those behind it are to be followed, perhaps once more.
async fn last_erasure_before(url: &PostgresUrl, since: UnixMicros) -> Result<i64, StoreError> {
    migrate::migrate(&Database::Postgres(url.clone())).await?;
    let mut connection = postgres::connect(url).await?;
    let last = postgres::last_erasure_before(&mut connection, since).await;
    last.map_err(|source| StoreError::Query { what: "reading the erasures", database: url.target(), source })
}

async fn transaction(
    connection: &mut SqliteConnection,
    span: ReshipSpan,
    erasure: i64,
) -> Result<Reship, sqlx::Error> {
    let UnixMicros(since) = span.since;
    sqlx::query("begin immediate").execute(&mut *connection).await?;
    let before: i64 = sqlx::query_scalar(MARK).fetch_one(&mut *connection).await?;
    sqlx::query(BACK).bind(since).bind(span.now.0).execute(&mut *connection).await?;
    let after: i64 = sqlx::query_scalar(MARK).fetch_one(&mut *connection).await?;
    let (predictions, first): (i64, Option<i64>) =
        sqlx::query_as(AGAIN).bind(after).bind(before).fetch_one(&mut *connection).await?;
    if let Some(first) =
        first.map(UnixMicros).filter(|first| span.earliest.is_some_and(|earliest| *first < earliest))
    {
        sqlx::query("rollback").execute(connection).await?;
        return Ok(Reship::TooOld(first));
    }
    let mut changed = [0; 3];
    for (statement, rows) in [STREAMS, EXPOSURES, FEEDBACK].into_iter().zip(&mut changed) {
        *rows = sqlx::query(statement).bind(since).execute(&mut *connection).await?.rows_affected();
    }
    let oldest: Option<i64> = sqlx::query_scalar(OLDEST).fetch_one(&mut *connection).await?;
    sqlx::query(SET_ASIDE).execute(&mut *connection).await?;
    sqlx::query(FOLLOWED).bind(erasure).execute(&mut *connection).await?;
    sqlx::query("commit").execute(connection).await?;
    let [streams, exposures, feedback] = changed;
    let predictions = predictions.unsigned_abs();
    let oldest = oldest.map(UnixMicros);
    Ok(Reship::Again(Reshipped { streams, predictions, exposures, feedback, oldest }))
}
