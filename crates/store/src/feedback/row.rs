//! Feedback as rows.

use crate::columns::{Misfit, to_signed};
use undertone_core::{PredictionId, SampleRange, StreamId, UnixMicros};
use uuid::Uuid;

/// What feedback is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackAbout {
    /// One answer.
    Prediction(PredictionId),
    /// Everything that was said there, in samples at 16 kHz.
    Interval(StreamId, SampleRange),
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedbackVerdict {
    /// This label is right.
    Label(String),
    /// Whether the answer is right.
    Correct(bool),
}

/// What somebody said is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRow {
    /// Who says so: it holds for this tenant's own answers.
    pub tenant: String,
    /// Its identifier: the same one again, of the same tenant, changes nothing.
    pub id: Uuid,
    /// What it is about.
    pub about: FeedbackAbout,
    /// What is right.
    pub verdict: FeedbackVerdict,
    /// Who or what said so.
    pub source: String,
    /// When it was said. Of several about one thing the one said last counts.
    pub said_at: UnixMicros,
    /// When it came to a server.
    pub received_at: UnixMicros,
}

/// Feedback's columns, by the names under which Postgres takes them.
#[derive(Debug, Clone, PartialEq, serde::Serialize, sqlx::FromRow)]
pub(crate) struct FeedbackColumns {
    pub(crate) tenant: String,
    pub(crate) id: String,
    pub(crate) prediction_id: Option<String>,
    pub(crate) stream_id: Option<String>,
    pub(crate) start_samples: Option<i64>,
    pub(crate) end_samples: Option<i64>,
    pub(crate) label: Option<String>,
    pub(crate) correct: Option<bool>,
    pub(crate) source: String,
    pub(crate) said_at_micros: i64,
    pub(crate) received_at_micros: i64,
}

impl TryFrom<&FeedbackRow> for FeedbackColumns {
    type Error = Misfit;

    fn try_from(row: &FeedbackRow) -> Result<Self, Misfit> {
        let (prediction_id, interval) = match row.about {
            FeedbackAbout::Prediction(id) => (Some(id.to_string()), None),
            FeedbackAbout::Interval(stream, range) => (None, Some((stream, range))),
        };
        let (label, correct) = match &row.verdict {
            FeedbackVerdict::Label(label) => (Some(label.clone()), None),
            FeedbackVerdict::Correct(correct) => (None, Some(*correct)),
        };
        let signed = |name, value: Option<u64>| value.map(|value| to_signed(name, value)).transpose();
        Ok(Self {
            tenant: row.tenant.clone(),
            id: row.id.to_string(),
            prediction_id,
            stream_id: interval.map(|(stream, _)| stream.to_string()),
            start_samples: signed("start_samples", interval.map(|(_, range)| range.start))?,
            end_samples: signed("end_samples", interval.map(|(_, range)| range.end))?,
            label,
            correct,
            source: row.source.clone(),
            said_at_micros: row.said_at.0,
            received_at_micros: row.received_at.0,
        })
    }
}

impl TryFrom<FeedbackColumns> for FeedbackRow {
    type Error = Misfit;

    fn try_from(columns: FeedbackColumns) -> Result<Self, Misfit> {
        let about = about(&columns)?;
        let verdict = match (columns.label, columns.correct) {
            (Some(label), _) => FeedbackVerdict::Label(label),
            (None, Some(correct)) => FeedbackVerdict::Correct(correct),
            (None, None) => return Err(Misfit::new("label", "neither a label nor a verdict")),
        };
        Ok(Self {
            tenant: columns.tenant,
            id: columns.id.parse().map_err(|_| Misfit::new("id", "not a UUID"))?,
            about,
            verdict,
            source: columns.source,
            said_at: UnixMicros(columns.said_at_micros),
            received_at: UnixMicros(columns.received_at_micros),
        })
    }
}

fn about(columns: &FeedbackColumns) -> Result<FeedbackAbout, Misfit> {
    let misfit = |column| move |_| Misfit::new(column, "not a UUID");
    if let Some(id) = &columns.prediction_id {
        return id.parse().map(FeedbackAbout::Prediction).map_err(misfit("prediction_id"));
    }
    let (Some(stream), Some(start), Some(end)) =
        (&columns.stream_id, columns.start_samples, columns.end_samples)
    else {
        return Err(Misfit::new("stream_id", "neither a prediction nor an interval"));
    };
    let range = SampleRange { start: start.unsigned_abs(), end: end.unsigned_abs() };
    Ok(FeedbackAbout::Interval(stream.parse().map_err(misfit("stream_id"))?, range))
}
