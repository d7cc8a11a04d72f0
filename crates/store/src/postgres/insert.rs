//! Puts batches of rows into Postgres. A batch goes as one JSON document, so that one statement
//! takes rows with arrays of any length, and inserting a row again changes nothing.

use crate::columns::{PredictionColumns, StreamColumns};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::error::DatabaseError;
use sqlx::types::Json;

// The journal counts microseconds since 1970; an interval of whole microseconds is exact.
const INSERT_STREAMS: &str = "insert into streams as known (id, opened_at, tenant, subject_key, model_name, \
     model_version, encoding, sample_rate_hz, labels, ended_at, end_reason, samples, utterances, recovered) \
     select id, timestamptz 'epoch' + opened_at_micros * interval '1 microsecond', tenant, subject_key, \
     model_name, model_version, encoding, sample_rate_hz, labels, \
     timestamptz 'epoch' + ended_at_micros * interval '1 microsecond', end_reason, samples, utterances, recovered \
     from jsonb_to_recordset($1) as row (id uuid, opened_at_micros bigint, tenant text, subject_key text, \
     model_name text, model_version text, encoding text, sample_rate_hz integer, labels jsonb, \
     ended_at_micros bigint, end_reason text, samples bigint, utterances bigint, recovered boolean) \
     on conflict (id) do update set ended_at = excluded.ended_at, end_reason = excluded.end_reason, \
     samples = excluded.samples, utterances = excluded.utterances, recovered = excluded.recovered \
     where excluded.ended_at is not null and (known.ended_at is null or known.ended_at < excluded.ended_at)";

const INSERT_PREDICTIONS: &str = "insert into predictions (id, stream_id, utterance, created_at, model_name, \
     model_version, arm, role, is_final, start_samples, end_samples, labels, probabilities, top, confidence, \
     abstained, queue_micros, features_micros, inference_micros) \
     select id, stream_id, utterance, timestamptz 'epoch' + created_at_micros * interval '1 microsecond', \
     model_name, model_version, arm, role, is_final, start_samples, end_samples, labels, probabilities, top, \
     confidence, abstained, queue_micros, features_micros, inference_micros \
     from jsonb_to_recordset($1) as row (id uuid, stream_id uuid, utterance bigint, created_at_micros bigint, \
     model_name text, model_version text, arm text, role text, is_final boolean, start_samples bigint, \
     end_samples bigint, labels text[], probabilities real[], top text, confidence real, abstained boolean, \
     queue_micros bigint, features_micros bigint, inference_micros bigint) \
     on conflict (id) do nothing";

/// Why rows did not arrive.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Postgres looked at a row and will never take it.
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

/// Inserts streams, and writes the end of those that are there and open, or ended earlier: a stream that was taken up
/// again, perhaps by another server, ends once more.
pub(crate) async fn insert_streams(
    connection: &mut PgConnection,
    rows: &[StreamColumns],
) -> Result<(), Failure> {
    insert(connection, INSERT_STREAMS, rows).await
}

/// Inserts the predictions that are not there.
pub(crate) async fn insert_predictions(
    connection: &mut PgConnection,
    rows: &[PredictionColumns],
) -> Result<(), Failure> {
    insert(connection, INSERT_PREDICTIONS, rows).await
}

async fn insert<Row: Serialize + Sync>(
    connection: &mut PgConnection,
    statement: &'static str,
    rows: &[Row],
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(statement).bind(Json(rows)).execute(connection).await?;
    Ok(())
}
