//! Puts batches of rows into Postgres, so that sending a row again changes nothing: answers by COPY, as long as none of them is
//! there; else by COPY into a table of this connection's own, merged from there by identifier. What is really new is added to
//! the rollups in the same transaction.

use super::binary::Rows;
use super::counted::{Counted, Facts};
use super::rollup;
use crate::columns::{PredictionColumns, StreamColumns};
use crate::erasure::sha256;
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
const STAGE_PREDICTIONS: &str = "copy incoming_predictions from stdin (format binary)";
/// Three times as fast as merging. It fails where one of the rows is there.
const COPY_PREDICTIONS: &str = "copy predictions (id, stream_id, utterance, created_at, model_name, model_version, arm, role, \
     is_final, start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, \
     inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) from stdin (format binary)";

const MERGE_STREAMS: &str = "insert into streams as known (id, opened_at, tenant, subject_key, model_name, \
     model_version, encoding, sample_rate_hz, labels, ended_at, end_reason, samples, utterances, recovered) \
     select id, opened_at, tenant, subject_key, model_name, model_version, encoding, sample_rate_hz, labels, \
     ended_at, end_reason, samples, utterances, recovered from incoming_streams \
     on conflict (id) do update set ended_at = excluded.ended_at, end_reason = excluded.end_reason, \
     samples = excluded.samples, utterances = excluded.utterances, recovered = excluded.recovered \
     where excluded.ended_at is not null and (known.ended_at is null or \
     (coalesce(known.samples, 0), known.ended_at) < (coalesce(excluded.samples, 0), excluded.ended_at))";

/// Inserts the rows that are not there, and takes the others out of the incoming rows.
const MERGE_SOME: &str = "with fresh as (insert into predictions (id, stream_id, utterance, created_at, \
     model_name, model_version, arm, role, is_final, start_samples, end_samples, labels, probabilities, top, \
     confidence, abstained, queue_micros, features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) \
     select id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final, start_samples, \
     end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros, \
     level_dbfs, snr_db, speech_share, f0_hz, tenant \
     from incoming_predictions on conflict (id) do nothing returning id) \
     delete from incoming_predictions where id not in (select id from fresh)";

const NOTE_REFUSED_STREAM: &str = "insert into refused_streams (id, tenant, subject_sha256) values ($1::uuid, $2, $3) \
     on conflict (id) do nothing";

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

/// Notes whose a stream is whose row was refused, so that its answers can be erased. To be called inside a transaction.
pub(crate) async fn note_refused_stream(
    connection: &mut PgConnection,
    row: &StreamColumns,
) -> Result<(), sqlx::Error> {
    let Some(key) = &row.subject_key else { return Ok(()) };
    let noted = sqlx::query(NOTE_REFUSED_STREAM).bind(&row.id).bind(&row.tenant).bind(sha256(key));
    noted.execute(connection).await.map(drop)
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
    match expect {
        Expect::AllNew => {
            match copy(connection, COPY_PREDICTIONS, bytes).await {
                Err(error) if is_known(&error) => return Ok(false),
                other => other?,
            }
            rollup::add(connection, &Counted::of(rows.iter().filter_map(Facts::of))).await?;
        }
        Expect::SomeKnown => {
            copy(connection, STAGE_PREDICTIONS, bytes).await?;
            sqlx::query(MERGE_SOME).execute(&mut *connection).await?;
            rollup::add_staged(connection).await?;
        }
    }
    Ok(true)
}

/// Whether a row with the same identifier is there.
fn is_known(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
}

async fn copy(connection: &mut PgConnection, statement: &str, bytes: &[u8]) -> Result<(), sqlx::Error> {
    let mut sink = connection.copy_in_raw(statement).await?;
    sink.send(bytes).await?;
    sink.finish().await?;
    Ok(())
}
