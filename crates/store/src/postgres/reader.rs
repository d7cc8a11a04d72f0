//! Reads what was shipped.

use super::{PostgresUrl, connect};
use crate::columns::{PredictionColumns, StreamColumns};
use crate::counts::CountColumns;
use crate::{Counts, PredictionRow, StoreError, StreamRow};
use sqlx::PgConnection;

const RECENT_PREDICTIONS: &str = "select id::text, stream_id::text, utterance, \
     (extract(epoch from created_at) * 1000000)::bigint as created_at_micros, model_name, model_version, arm, \
     role, is_final, start_samples, end_samples, to_jsonb(labels)::text as labels, \
     to_jsonb(probabilities)::text as probabilities, top, confidence::double precision, abstained, queue_micros, \
     features_micros, inference_micros, level_dbfs::double precision, snr_db::double precision, \
     speech_share::double precision, f0_hz::double precision, tenant \
     from predictions order by created_at desc, id desc limit $1";
const RECENT_STREAMS: &str = "select id::text, \
     (extract(epoch from opened_at) * 1000000)::bigint as opened_at_micros, tenant, subject_key, model_name, \
     model_version, encoding, sample_rate_hz::bigint, labels, \
     (extract(epoch from ended_at) * 1000000)::bigint as ended_at_micros, end_reason, samples, utterances, \
     recovered \
     from streams order by opened_at desc, id desc limit $1";
const COUNTS: &str = "select (select count(*) from streams) as streams, \
     (select count(*) from streams where ended_at is null) as open_streams, \
     (select count(*) from predictions) as predictions";

/// A connection for reading. It makes no tables.
#[derive(Debug)]
pub struct PostgresReader {
    connection: PgConnection,
    target: String,
}

impl PostgresReader {
    /// Connects.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn connect(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self { connection: connect(url).await?, target: url.target() })
    }

    /// The newest predictions first; at most `limit`. The same order as the journal's.
    pub async fn recent_predictions(&mut self, limit: u32) -> Result<Vec<PredictionRow>, StoreError> {
        let rows: Vec<PredictionColumns> = sqlx::query_as(RECENT_PREDICTIONS)
            .bind(i64::from(limit))
            .fetch_all(&mut self.connection)
            .await
            .map_err(|source| self.failed("reading predictions", source))?;
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("predictions", self.target.clone(), &misfit))
    }

    /// The newest streams first; at most `limit`. The same order as the journal's.
    pub async fn recent_streams(&mut self, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        let rows: Vec<StreamColumns> = sqlx::query_as(RECENT_STREAMS)
            .bind(i64::from(limit))
            .fetch_all(&mut self.connection)
            .await
            .map_err(|source| self.failed("reading streams", source))?;
        let read = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>();
        read.map_err(|misfit| StoreError::row("streams", self.target.clone(), &misfit))
    }

    /// How many rows the database holds.
    pub async fn counts(&mut self) -> Result<Counts, StoreError> {
        let counts: CountColumns = sqlx::query_as(COUNTS)
            .fetch_one(&mut self.connection)
            .await
            .map_err(|source| self.failed("counting rows", source))?;
        Ok(counts.into())
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::Query { what, database: self.target.clone(), source }
    }
}
