//! A stream's columns.

use super::{Misfit, narrowed, to_signed};
use sqlx::types::Json;
use undertone_core::{EndReason, Labels, ModelRef, StreamEndRecord, StreamId, StreamRecord, UnixMicros};

/// A stream as a database knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRow {
    /// How it was opened.
    pub opened: StreamRecord,
    /// How it ended, if it has.
    pub ended: Option<StreamEndRecord>,
    /// Whether the end was written by the next start, because the process that owned the stream
    /// crashed. The end then stands at the stream's last sign of life.
    pub recovered: bool,
}

/// One row of `streams`. Field names are the column names of the journal.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct StreamColumns {
    pub(crate) id: String,
    pub(crate) opened_at_micros: i64,
    pub(crate) tenant: String,
    pub(crate) subject_key: Option<String>,
    pub(crate) model_name: String,
    pub(crate) model_version: String,
    pub(crate) encoding: String,
    pub(crate) sample_rate_hz: i64,
    pub(crate) labels: Json<Labels>,
    pub(crate) ended_at_micros: Option<i64>,
    pub(crate) end_reason: Option<String>,
    pub(crate) samples: Option<i64>,
    pub(crate) utterances: Option<i64>,
    pub(crate) recovered: bool,
}

/// The columns that a stream's end fills in.
pub(crate) struct StreamEndColumns {
    pub(crate) id: String,
    pub(crate) ended_at_micros: i64,
    pub(crate) end_reason: &'static str,
    pub(crate) samples: i64,
    pub(crate) utterances: i64,
}

impl From<&StreamRecord> for StreamColumns {
    fn from(record: &StreamRecord) -> Self {
        Self {
            id: record.stream_id.to_string(),
            opened_at_micros: record.opened_at.0,
            tenant: record.tenant.clone(),
            subject_key: record.subject_key.clone(),
            model_name: record.model.name.clone(),
            model_version: record.model.version.clone(),
            encoding: record.encoding.clone(),
            sample_rate_hz: record.sample_rate_hz.into(),
            labels: Json(record.labels.clone()),
            ended_at_micros: None,
            end_reason: None,
            samples: None,
            utterances: None,
            recovered: false,
        }
    }
}

impl TryFrom<&StreamRow> for StreamColumns {
    type Error = Misfit;

    fn try_from(row: &StreamRow) -> Result<Self, Misfit> {
        let opened = Self::from(&row.opened);
        let Some(end) = &row.ended else { return Ok(opened) };
        let end = StreamEndColumns::try_from(end)?;
        Ok(Self {
            ended_at_micros: Some(end.ended_at_micros),
            end_reason: Some(end.end_reason.to_owned()),
            samples: Some(end.samples),
            utterances: Some(end.utterances),
            recovered: row.recovered,
            ..opened
        })
    }
}

impl TryFrom<&StreamEndRecord> for StreamEndColumns {
    type Error = Misfit;

    fn try_from(record: &StreamEndRecord) -> Result<Self, Misfit> {
        Ok(Self {
            id: record.stream_id.to_string(),
            ended_at_micros: record.ended_at.0,
            end_reason: record.reason.name(),
            samples: to_signed("samples", record.samples)?,
            utterances: record.utterances.into(),
        })
    }
}

impl TryFrom<StreamColumns> for StreamRow {
    type Error = Misfit;

    fn try_from(columns: StreamColumns) -> Result<Self, Misfit> {
        let stream_id: StreamId = columns.id.parse().map_err(|_| Misfit::new("id", "not a UUID"))?;
        let ended = ended(stream_id, &columns)?;
        Ok(Self {
            opened: StreamRecord {
                stream_id,
                opened_at: UnixMicros(columns.opened_at_micros),
                tenant: columns.tenant,
                subject_key: columns.subject_key,
                model: ModelRef { name: columns.model_name, version: columns.model_version },
                encoding: columns.encoding,
                sample_rate_hz: narrowed("sample_rate_hz", columns.sample_rate_hz)?,
                labels: columns.labels.0,
            },
            ended,
            recovered: columns.recovered,
        })
    }
}

/// Both tables check that the columns of an end are there together or not at all.
fn ended(stream_id: StreamId, columns: &StreamColumns) -> Result<Option<StreamEndRecord>, Misfit> {
    let (Some(at), Some(reason), Some(samples), Some(utterances)) =
        (columns.ended_at_micros, &columns.end_reason, columns.samples, columns.utterances)
    else {
        return Ok(None);
    };
    Ok(Some(StreamEndRecord {
        stream_id,
        ended_at: UnixMicros(at),
        reason: reason_named(reason)?,
        samples: narrowed("samples", samples)?,
        utterances: narrowed("utterances", utterances)?,
    }))
}

fn reason_named(name: &str) -> Result<EndReason, Misfit> {
    [EndReason::Finished, EndReason::Cancelled, EndReason::TimedOut, EndReason::Failed, EndReason::Drained]
        .into_iter()
        .find(|reason| reason.name() == name)
        .ok_or_else(|| Misfit::new("end_reason", format!("{name:?} is not a reason")))
}
