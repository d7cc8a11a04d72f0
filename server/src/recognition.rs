//! What every call needs: models, engine, recorder, limits. Calls from the wire and from the command line meet here.

use crate::access::Refusal;
use crate::experiments::{Experiments, Participation};
use crate::live::LiveStreams;
use crate::models::Models;
use crate::recording::RecordKeeper;
use crate::resumption::Resumption;
use crate::settings::{RecognitionSettings, RecordingSettings};
use std::sync::Arc;
use undertone_core::{
    Clock, EndReason, Labels, ModelRef, PredictionId, Record, RecordError, Role, StreamEndRecord, StreamId,
    StreamRecord, UtteranceRecord,
};
use undertone_engine::{Answer, Engine, Summary};
use undertone_plugin_host::LoadedModel;
use undertone_telemetry::{Metrics, Traces};

/// What every call needs.
pub struct Recognition {
    /// The models that are served.
    pub models: Arc<Models>,
    /// The model that answers when a client names none.
    pub default_model: String,
    /// The workers.
    pub engine: Arc<Engine>,
    /// Where answers are recorded; `None` when the command line works in process.
    pub recorder: Option<Arc<RecordKeeper>>,
    /// Limits and defaults of a stream.
    pub settings: RecognitionSettings,
    /// What is recorded, and how.
    pub recording: RecordingSettings,
    /// Tokens of streams that can be taken up again.
    pub resumption: Resumption,
    /// Largest message in bytes.
    pub max_message_bytes: usize,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// What is traced.
    pub traces: Traces,
    /// The streams that are open.
    pub(crate) live: LiveStreams,
    /// Which model a stream gets that names none, and models that listen along.
    pub(crate) experiments: Experiments,
}

/// Where answers come from.
pub(crate) struct Source {
    pub(crate) id: StreamId,
    pub(crate) tenant: String,
    pub(crate) model: Arc<LoadedModel>,
    /// The subject key as it is stored.
    pub(crate) subject: Option<String>,
    pub(crate) participation: Option<Arc<Participation>>,
}

impl Source {
    /// The unit of an experiment as it is stored: the stream stands in for a subject that nobody knows.
    pub(crate) fn unit(&self) -> String {
        let by_stream = self.participation.as_ref().is_some_and(|own| own.is_by_stream());
        let subject = self.subject.clone().filter(|_| !by_stream);
        subject.unwrap_or_else(|| self.id.to_string())
    }
}

/// What a stream's records have in common.
#[derive(Clone)]
pub(crate) struct StreamFacts {
    pub(crate) id: StreamId,
    pub(crate) tenant: String,
    pub(crate) model: ModelRef,
    pub(crate) encoding: &'static str,
    pub(crate) sample_rate_hz: u32,
    pub(crate) subject_key: Option<String>,
    pub(crate) labels: Labels,
}

impl Recognition {
    /// The model that a client names as `NAME` or `NAME@VERSION`; the default one for an empty name.
    pub fn model(&self, name: &str) -> Result<Arc<LoadedModel>, String> {
        let name = if name.is_empty() { self.default_model.as_str() } else { name };
        self.models.resolve(name)
    }

    /// What a caller hears who may not begin, or not go on. It is counted.
    pub(crate) fn refused(&self, refusal: &Refusal) -> tonic::Status {
        self.metrics.rpc.refused.with_label_values(&[refusal.reason()]).inc();
        crate::grpc::refused(refusal)
    }

    pub(crate) fn count_call(&self, method: &str, code: tonic::Code) {
        let code = crate::grpc::code_name(code);
        self.metrics.rpc.finished.with_label_values(&[method, code]).inc();
    }

    pub(crate) async fn record_opened(&self, facts: &StreamFacts) -> Result<(), RecordError> {
        let record = StreamRecord {
            stream_id: facts.id,
            opened_at: self.clock.now(),
            tenant: facts.tenant.clone(),
            subject_key: facts.subject_key.as_deref().and_then(|key| self.recording.stored_subject_key(key)),
            model: facts.model.clone(),
            encoding: facts.encoding.into(),
            sample_rate_hz: facts.sample_rate_hz,
            labels: facts.labels.clone(),
        };
        self.record("stream_opened", Record::StreamOpened(record)).await
    }

    /// Records an answer if it is one to record; its identifier is for the client.
    pub(crate) async fn record_answer(
        &self,
        source: &Source,
        answer: &Answer,
    ) -> Result<Option<PredictionId>, RecordError> {
        let wanted = answer.trigger.is_final() || self.recording.interim;
        if self.recorder.is_none() || !wanted {
            return Ok(None);
        }
        let id = match answer.trigger.is_final() {
            true => PredictionId::of_final(source.id, answer.utterance),
            false => PredictionId::generate(),
        };
        let record = self.utterance_record(id, source, answer);
        self.record("prediction", Record::Utterance(record)).await?;
        Ok(Some(id).filter(|_| answer.trigger.is_final()))
    }

    pub(crate) async fn record_ended(&self, stream: StreamId, summary: &Summary) -> Result<(), RecordError> {
        let record = StreamEndRecord {
            stream_id: stream,
            ended_at: self.clock.now(),
            reason: summary.reason,
            samples: summary.samples,
            utterances: summary.utterances,
        };
        self.record("stream_ended", Record::StreamEnded(record)).await
    }

    /// Records the end of a stream that failed or was given up.
    pub(crate) async fn record_broken(&self, stream: StreamId, reason: EndReason, heard: Heard) {
        let Heard { samples, utterances } = heard;
        let summary =
            Summary { reason, samples, utterances, updates_dropped: 0, updates_thinned: 0, resume: None };
        if let Err(error) = self.record_ended(stream, &summary).await {
            tracing::warn!(%stream, %error, "the end of a stream could not be recorded");
        }
    }

    pub(crate) fn utterance_record(
        &self,
        prediction_id: PredictionId,
        source: &Source,
        answer: &Answer,
    ) -> UtteranceRecord {
        use undertone_core::Model;
        let model = &source.model;
        let top = answer.probabilities.top();
        UtteranceRecord {
            prediction_id,
            stream_id: source.id,
            tenant: source.tenant.clone(),
            utterance: answer.utterance,
            created_at: self.clock.now(),
            model: model.reference().clone(),
            arm: source.participation.as_ref().map(|own| own.column()),
            role: Role::Live,
            is_final: answer.trigger.is_final(),
            interval: answer.interval,
            labels: model.labels().to_vec(),
            probabilities: answer.probabilities.values().to_vec(),
            top: model.labels().get(top.label).cloned().unwrap_or_default(),
            confidence: top.probability,
            abstained: answer.abstained,
            time_parts: answer.time_parts,
            heard: answer.heard,
        }
    }

    /// Why results are kept in memory only, if they are.
    pub(crate) fn recording_suspended(&self) -> Option<String> {
        self.recorder.as_ref()?.suspended()
    }

    pub(crate) async fn record(&self, kind: &'static str, record: Record) -> Result<(), RecordError> {
        let Some(recorder) = &self.recorder else { return Ok(()) };
        recorder.record(kind, record).await
    }

    /// Whether it is stored who was heard.
    pub(crate) fn keeps_subjects(&self) -> bool {
        self.recording.keeps_subjects()
    }

    pub(crate) fn stored_subject_key(&self, key: Option<&str>) -> Option<String> {
        self.recording.stored_subject_key(key?)
    }
}

/// What a stream had heard when it broke.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heard {
    pub(crate) samples: u64,
    pub(crate) utterances: u32,
}
