//! Has rows sent to Postgres once more: those that it confirmed and has lost since, as a standby does that had not everything
//! yet when it took over.

use super::{file_in, folder, lock, prepare};
use crate::StoreError;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use undertone_core::UnixMicros;

/// Numbers follow the order of recording, so nothing that was made since has a lower one.
const BACK: &str = "update shipped set predictions_seq = min(predictions_seq, \
     coalesce((select min(seq) - 1 from predictions where created_at_micros >= ?), predictions_seq))";
const MARK: &str = "select predictions_seq from shipped";
const PREDICTIONS: &str = "select count(*) from predictions where seq > ? and seq <= ?";
/// Also those that began earlier and were answered or ended since.
const STREAMS: &str = "insert into outbox (kind, id) select 'stream', id from streams s \
     where (opened_at_micros >= ?1 or ended_at_micros >= ?1 \
         or id in (select stream_id from predictions where created_at_micros >= ?1)) \
     and not exists (select 1 from outbox o where o.kind = 'stream' and o.id = s.id)";
const EXPOSURES: &str = "update exposures set shipped = 0 where shipped = 1 and at_micros >= ?";
const FEEDBACK: &str = "update feedback set shipped = 0 where shipped = 1 and received_at_micros >= ?";
/// What Postgres refused is tried with the rest, and set aside again if it is refused again.
const SET_ASIDE: &str = "delete from set_aside where refused_by = 'postgres' and ( \
     kind = 'prediction' and id in (select id from predictions where seq > (select predictions_seq from shipped)) \
     or kind = 'stream' and id in (select id from outbox where kind = 'stream'))";
/// The standby counts its erasures on from those that it knows, so its next one may have a number that was followed already.
const ERASURES: &str = "update erasures_followed set postgres_seq = 0";
const ERASED_SINCE: &str = "select count(*) from erasures where at_micros >= ?";
const OLDEST: &str = "select min(created_at_micros) from predictions";

/// What a journal will send again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reshipped {
    /// Streams.
    pub streams: u64,
    /// Predictions, where order of recording and time differ also earlier ones.
    pub predictions: u64,
    /// Exposures to arms of experiments.
    pub exposures: u64,
    /// What people said about answers.
    pub feedback: u64,
    /// Erasures that were done here since, which Postgres may have lost: only who asked for them can ask again.
    pub erasures: u64,
    /// When the oldest answer was made that the journal still holds.
    pub oldest: Option<UnixMicros>,
}

/// Has the journal in `data_dir` send again what was recorded since, with the next start of its server. What Postgres has stays as
/// it is there and is not counted twice.
///
/// # Errors
/// When there is no journal, a server has it open, or it cannot be written.
pub async fn reship(data_dir: &Path, since: UnixMicros) -> Result<Reshipped, StoreError> {
    let path = file_in(data_dir);
    if !path.exists() {
        return Err(StoreError::NoJournal { path });
    }
    let _ours = lock(data_dir)?;
    let mut connection = folder::connect(&path).await?;
    prepare(&mut connection, &path).await?;
    let reshipped = transaction(&mut connection, since).await;
    let closed = connection.close().await;
    let reshipped = reshipped.map_err(|source| StoreError::journal(&path, source))?;
    closed.map_err(|source| StoreError::journal(&path, source))?;
    Ok(reshipped)
}

async fn transaction(
    connection: &mut SqliteConnection,
    UnixMicros(since): UnixMicros,
) -> Result<Reshipped, sqlx::Error> {
    sqlx::query("begin immediate").execute(&mut *connection).await?;
    let before: i64 = sqlx::query_scalar(MARK).fetch_one(&mut *connection).await?;
    sqlx::query(BACK).bind(since).execute(&mut *connection).await?;
    let after: i64 = sqlx::query_scalar(MARK).fetch_one(&mut *connection).await?;
    let predictions: i64 =
        sqlx::query_scalar(PREDICTIONS).bind(after).bind(before).fetch_one(&mut *connection).await?;
    let mut changed = [0; 3];
    for (statement, rows) in [STREAMS, EXPOSURES, FEEDBACK].into_iter().zip(&mut changed) {
        *rows = sqlx::query(statement).bind(since).execute(&mut *connection).await?.rows_affected();
    }
    for statement in [SET_ASIDE, ERASURES] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    let erasures: i64 = sqlx::query_scalar(ERASED_SINCE).bind(since).fetch_one(&mut *connection).await?;
    let oldest: Option<i64> = sqlx::query_scalar(OLDEST).fetch_one(&mut *connection).await?;
    sqlx::query("commit").execute(&mut *connection).await?;
    let [streams, exposures, feedback] = changed;
    Ok(Reshipped {
        streams,
        predictions: predictions.unsigned_abs(),
        exposures,
        feedback,
        erasures: erasures.unsigned_abs(),
        oldest: oldest.map(UnixMicros),
    })
}
