//! Puts batches of rows into Postgres: COPY into a table of this connection's own, merged from there by identifier, so
//! that sending a row again changes nothing. What is really new is added to the rollups in the same transaction.

use super::binary::Rows;
use super::rollup;
use crate::columns::{PredictionColumns, StreamColumns};
use sqlx::PgConnection;
use sqlx::error::DatabaseError;

const MAKE_STAGING: [&str; 2] = [
    "create temp table if not exists incoming_streams (id uuid, opened_at timestamptz, tenant text, subject_key text, \
     model_name text, model_version text, encoding text, sample_rate_hz integer, labels jsonb, ended_at timestamptz, \
     end_reason text, samples bigint, utterances bigint, recovered boolean) on commit delete rows",
    "create temp table if not exists incoming_predictions (id uuid, stream_id uuid, utterance bigint, \
     created_at timestamptz, model_name text, model_version text, arm text, role text, is_final boolean, \
     start_samples bigint, end_samples bigint, labels text[], probabilities real[], top text, confidence real, \
     abstained boolean, queue_micros bigint, features_micros bigint, inference_micros bigint, level_dbfs real, \
     snr_db real, speech_share real, f0_hz real, tenant text) on commit delete rows",
];
const COPY_STREAMS: &str = "copy incoming_streams from stdin (format binary)";
const COPY_PREDICTIONS: &str = "copy incoming_predictions from stdin (format binary)";

const MERGE_STREAMS: &str = "insert into streams as known (id, opened_at, tenant, subject_key, model_name, \
     model_version, encoding, sample_rate_hz, labels, ended_at, end_reason, samples, utterances, recovered) \
     select id, opened_at, tenant, subject_key, model_name, model_version, encoding, sample_rate_hz, labels, \
     ended_at, end_reason, samples, utterances, recovered from incoming_streams \
     on conflict (id) do update set ended_at = excluded.ended_at, end_reason = excluded.end_reason, \
     samples = excluded.samples, utterances = excluded.utterances, recovered = excluded.recovered \
     where excluded.ended_at is not null and (known.ended_at is null or known.ended_at < excluded.ended_at)";

const MERGE_PREDICTIONS: &str = "insert into predictions (id, stream_id, utterance, created_at, \
     model_name, model_version, arm, role, is_final, start_samples, end_samples, labels, probabilities, top, \
     confidence, abstained, queue_micros, features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) \
     select id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final, start_samples, \
     end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros, \
     level_dbfs, snr_db, speech_share, f0_hz, tenant \
     from incoming_predictions on conflict (id) do nothing";
/// The same, and takes what was there before out of the incoming rows.
const MERGE_SOME: &str = "with fresh as (insert into predictions (id, stream_id, utterance, created_at, \
     model_name, model_version, arm, role, is_final, start_samples, end_samples, labels, probabilities, top, \
     confidence, abstained, queue_micros, features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) \
     select id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final, start_samples, \
     end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros, \
     level_dbfs, snr_db, speech_share, f0_hz, tenant \
     from incoming_predictions on conflict (id) do nothing returning id) \
     delete from incoming_predictions where id not in (select id from fresh)";

/// What is expected of the rows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// That none is there yet, as nearly always; the fast way.
    AllNew,
    /// That some are there already.
    SomeKnown,
}

/// Why rows did not arrive.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A row of these will never be taken.
    Refused(String),
    /// Anything else; the same rows may arrive later.
    Outage(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let state = error.as_database_error().and_then(DatabaseError::code).unwrap_or_default();
        // Classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html>: data
        // exception, integrity constraint violation, program limit exceeded.
        match state.get(..2) {
            Some("22" | "23" | "54") => Self::Refused(error.to_string()),
            _ => Self::Outage(error),
        }
    }
}

/// Makes the tables of this connection that rows are copied to.
pub(crate) async fn make_staging(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for statement in MAKE_STAGING {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Inserts streams, and writes the end of those that are there and open, or ended earlier: a stream that was taken up
/// again, perhaps by another server, ends once more. To be called inside a transaction.
pub(crate) async fn merge_streams(
    connection: &mut PgConnection,
    buffer: &mut Rows,
    rows: &[StreamColumns],
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let bytes = buffer.streams(rows).map_err(|(_, misfit)| Failure::Refused(misfit.to_string()))?;
    copy(connection, COPY_STREAMS, bytes).await?;
    sqlx::query(MERGE_STREAMS).execute(connection).await?;
    Ok(())
}

/// Inserts the predictions that are not there, and adds them to the rollups. To be called inside a transaction. False when
/// some were there against what was expected: then the transaction is to be taken back.
pub(crate) async fn merge_predictions(
    connection: &mut PgConnection,
    buffer: &mut Rows,
    rows: &[PredictionColumns],
    expect: Expect,
) -> Result<bool, Failure> {
    if rows.is_empty() {
        return Ok(true);
    }
    let bytes = buffer.predictions(rows).map_err(|(_, misfit)| Failure::Refused(misfit.to_string()))?;
    copy(connection, COPY_PREDICTIONS, bytes).await?;
    match expect {
        Expect::AllNew => {
            let done = sqlx::query(MERGE_PREDICTIONS).execute(&mut *connection).await?;
            if done.rows_affected() < rows.len() as u64 {
                return Ok(false);
            }
        }
        Expect::SomeKnown => {
            sqlx::query(MERGE_SOME).execute(&mut *connection).await?;
        }
    }
    rollup::add(connection).await?;
    Ok(true)
}

async fn copy(connection: &mut PgConnection, statement: &str, bytes: &[u8]) -> Result<(), sqlx::Error> {
    let mut sink = connection.copy_in_raw(statement).await?;
    sink.send(bytes).await?;
    sink.finish().await?;
    Ok(())
}
