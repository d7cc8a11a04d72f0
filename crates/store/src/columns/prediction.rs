//! A prediction's columns.

use super::{Misfit, from_json, from_micros, narrowed, to_json, to_micros, to_signed};
use undertone_core::{
    Heard, ModelRef, PredictionId, Role, SampleRange, StreamId, TimeParts, UnixMicros, UtteranceRecord,
};

/// One row of `predictions`. Field names are the column names of the journal. Labels and probabilities are JSON arrays.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct PredictionColumns {
    pub(crate) id: String,
    pub(crate) stream_id: String,
    pub(crate) tenant: String,
    pub(crate) utterance: i64,
    pub(crate) created_at_micros: i64,
    pub(crate) model_name: String,
    pub(crate) model_version: String,
    pub(crate) arm: Option<String>,
    pub(crate) role: String,
    pub(crate) is_final: bool,
    pub(crate) start_samples: i64,
    pub(crate) end_samples: i64,
    pub(crate) labels: String,
    pub(crate) probabilities: String,
    pub(crate) top: String,
    pub(crate) confidence: f64,
    pub(crate) abstained: bool,
    pub(crate) queue_micros: i64,
    pub(crate) features_micros: i64,
    pub(crate) inference_micros: i64,
    pub(crate) level_dbfs: Option<f64>,
    pub(crate) snr_db: Option<f64>,
    pub(crate) speech_share: Option<f64>,
    pub(crate) f0_hz: Option<f64>,
}

impl TryFrom<&UtteranceRecord> for PredictionColumns {
    type Error = Misfit;

    fn try_from(record: &UtteranceRecord) -> Result<Self, Misfit> {
        // JSON has no NaN: it would be stored as null and never read back.
        if let Some(wrong) = record.probabilities.iter().find(|probability| !probability.is_finite()) {
            return Err(Misfit::new("probabilities", format!("{wrong} is not a probability")));
        }
        if record.labels.len() != record.probabilities.len() {
            let (labels, probabilities) = (record.labels.len(), record.probabilities.len());
            return Err(Misfit::new("probabilities", format!("{probabilities} for {labels} labels")));
        }
        Ok(Self {
            id: record.prediction_id.to_string(),
            stream_id: record.stream_id.to_string(),
            tenant: record.tenant.clone(),
            utterance: record.utterance.into(),
            created_at_micros: record.created_at.0,
            model_name: record.model.name.clone(),
            model_version: record.model.version.clone(),
            arm: record.arm.clone(),
            role: record.role.name().to_owned(),
            is_final: record.is_final,
            start_samples: to_signed("start_samples", record.interval.start)?,
            end_samples: to_signed("end_samples", record.interval.end)?,
            labels: to_json("labels", &record.labels)?,
            probabilities: to_json("probabilities", &record.probabilities)?,
            top: record.top.clone(),
            confidence: record.confidence.into(),
            abstained: record.abstained,
            queue_micros: to_micros("queue_micros", record.time_parts.queue)?,
            features_micros: to_micros("features_micros", record.time_parts.features)?,
            inference_micros: to_micros("inference_micros", record.time_parts.inference)?,
            level_dbfs: record.heard.map(|heard| heard.level_dbfs.into()),
            snr_db: record.heard.map(|heard| heard.snr_db.into()),
            speech_share: record.heard.map(|heard| heard.speech_share.into()),
            f0_hz: record.heard.and_then(|heard| heard.f0_hz).map(f64::from),
        })
    }
}

impl TryFrom<PredictionColumns> for UtteranceRecord {
    type Error = Misfit;

    fn try_from(columns: PredictionColumns) -> Result<Self, Misfit> {
        let id: PredictionId = columns.id.parse().map_err(|_| Misfit::new("id", "not a UUID"))?;
        let stream_id: StreamId =
            columns.stream_id.parse().map_err(|_| Misfit::new("stream_id", "not a UUID"))?;
        let heard = heard(&columns);
        Ok(Self {
            prediction_id: id,
            stream_id,
            tenant: columns.tenant,
            utterance: narrowed("utterance", columns.utterance)?,
            created_at: UnixMicros(columns.created_at_micros),
            model: ModelRef { name: columns.model_name, version: columns.model_version },
            arm: columns.arm,
            role: role_named(&columns.role)?,
            is_final: columns.is_final,
            interval: SampleRange {
                start: narrowed("start_samples", columns.start_samples)?,
                end: narrowed("end_samples", columns.end_samples)?,
            },
            labels: from_json("labels", &columns.labels)?,
            probabilities: from_json("probabilities", &columns.probabilities)?,
            top: columns.top,
            confidence: columns.confidence as f32,
            abstained: columns.abstained,
            time_parts: TimeParts {
                queue: from_micros(columns.queue_micros),
                features: from_micros(columns.features_micros),
                inference: from_micros(columns.inference_micros),
            },
            heard,
        })
    }
}

/// All but the fundamental frequency stand there together, or not at all.
fn heard(columns: &PredictionColumns) -> Option<Heard> {
    Some(Heard {
        level_dbfs: columns.level_dbfs? as f32,
        snr_db: columns.snr_db? as f32,
        speech_share: columns.speech_share? as f32,
        f0_hz: columns.f0_hz.map(|hz| hz as f32),
    })
}

fn role_named(name: &str) -> Result<Role, Misfit> {
    [Role::Live, Role::Shadow]
        .into_iter()
        .find(|role| role.name() == name)
        .ok_or_else(|| Misfit::new("role", format!("{name:?} is not a role")))
}
