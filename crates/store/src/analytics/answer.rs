//! One answer, as analytics see it.

/// One answer, as analytics see it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub(crate) struct AnswerRow {
    pub(crate) created_at_micros: i64,
    pub(crate) model_name: String,
    pub(crate) model_version: String,
    pub(crate) arm: String,
    pub(crate) role: String,
    pub(crate) top: String,
    pub(crate) abstained: bool,
    pub(crate) confidence: f64,
    pub(crate) speech_samples: i64,
    pub(crate) queue_micros: i64,
    pub(crate) features_micros: i64,
    pub(crate) inference_micros: i64,
    pub(crate) level_dbfs: Option<f64>,
    pub(crate) snr_db: Option<f64>,
    pub(crate) speech_share: Option<f64>,
    pub(crate) f0_hz: Option<f64>,
}
