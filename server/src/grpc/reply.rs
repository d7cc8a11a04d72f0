//! From the engine's events to the wire.

use super::request::{CheckedRequest, duration};
use crate::recognition::Recognition;
use undertone_core::{EndReason, Model, ModelRef, PIPELINE_RATE, PredictionId};
use undertone_engine::{Answer, SpeechEdge, Summary, Trigger, Warning, WarningKind};
use undertone_proto::v1;
use v1::streaming_recognize_response::Message;

/// Audio time of a sample position.
pub(crate) fn at(samples: u64) -> prost_types::Duration {
    duration(PIPELINE_RATE.duration_of(samples))
}

pub(crate) fn reply(message: Message) -> v1::StreamingRecognizeResponse {
    v1::StreamingRecognizeResponse { message: Some(message) }
}

pub(crate) fn model_ref(model: &ModelRef) -> v1::ModelRef {
    v1::ModelRef { name: model.name.clone(), version: model.version.clone() }
}

pub(crate) fn started(request: &CheckedRequest, recognition: &Recognition) -> v1::Started {
    let layout = request.model.layout();
    let look_ahead_samples = u64::from(layout.look_ahead_frames) * u64::from(layout.grid.hop_samples);
    v1::Started {
        stream_id: request.id.to_string(),
        effective_config: Some(request.effective.clone()),
        model: Some(model_ref(request.model.reference())),
        labels: request.model.labels().to_vec(),
        look_ahead: Some(at(look_ahead_samples)),
        limits: Some(v1::StreamLimits {
            max_message_bytes: recognition.max_message_bytes as u64,
            max_audio: Some(duration(recognition.settings.max_audio())),
            idle_timeout: Some(duration(recognition.settings.idle_timeout)),
            resume_within: Some(duration(recognition.resumption.within())),
            max_duration: Some(duration(recognition.settings.max_duration)),
        }),
        acknowledgement: None,
        participation: request.participation.as_ref().map(|own| own.to_wire()),
    }
}

pub(crate) fn speech_event(edge: SpeechEdge) -> v1::SpeechEvent {
    use v1::speech_event::Kind;
    let (kind, offset) = match edge {
        SpeechEdge::Begin(offset) => (Kind::Begin, offset),
        SpeechEdge::End(offset) => (Kind::End, offset),
    };
    v1::SpeechEvent { kind: kind.into(), offset: Some(at(offset)) }
}

/// `prediction` is the stored prediction's identifier, of final answers that were recorded.
pub(crate) fn result(answer: &Answer, labels: &[String], prediction: Option<PredictionId>) -> v1::Result {
    let top = answer.probabilities.top();
    let probabilities = labels.iter().zip(answer.probabilities.values());
    v1::Result {
        sequence: answer.sequence,
        utterance: answer.utterance,
        is_final: answer.trigger.is_final(),
        stability: answer.stability,
        start: Some(at(answer.interval.start)),
        end: Some(at(answer.interval.end)),
        probabilities: probabilities
            .map(|(label, &probability)| v1::LabelProbability { label: label.clone(), probability })
            .collect(),
        top: labels.get(top.label).cloned().unwrap_or_default(),
        shown: labels.get(answer.shown).cloned().unwrap_or_default(),
        confidence: top.probability,
        abstained: answer.abstained,
        trigger: trigger(answer.trigger).into(),
        audio_processed: Some(at(answer.audio_processed)),
        time_parts: Some(v1::TimeParts {
            queue: Some(duration(answer.time_parts.queue)),
            features: Some(duration(answer.time_parts.features)),
            inference: Some(duration(answer.time_parts.inference)),
        }),
        prediction_id: prediction.map(|id| id.to_string()).unwrap_or_default(),
        plausible: answer.plausible.iter().filter_map(|&label| labels.get(label).cloned()).collect(),
        acknowledgement: None,
    }
}

fn trigger(trigger: Trigger) -> v1::ResultTrigger {
    match trigger {
        Trigger::Interval => v1::ResultTrigger::Interval,
        Trigger::Flush => v1::ResultTrigger::Flush,
        Trigger::Silence => v1::ResultTrigger::Silence,
        Trigger::MaxLength => v1::ResultTrigger::MaxLength,
        Trigger::EndUtterance => v1::ResultTrigger::EndUtterance,
        Trigger::EndOfStream => v1::ResultTrigger::EndOfStream,
    }
}

pub(crate) fn warning(warning: Warning) -> v1::Warning {
    use v1::warning::Kind;
    let kind = match warning.kind {
        WarningKind::Clipping => Kind::Clipping,
        WarningKind::LowLevel => Kind::LowLevel,
        WarningKind::TooShort => Kind::TooShort,
    };
    v1::Warning { kind: kind.into(), message: warning.message, offset: Some(at(warning.at)) }
}

/// Audio messages are missing between `expected` and `got`. Nothing of the stream's later times is known to be right.
pub(crate) fn gap(expected: u64, got: u64) -> v1::Warning {
    v1::Warning {
        kind: v1::warning::Kind::Gap.into(),
        message: format!("audio sequence {got} came where {expected} was expected"),
        offset: None,
    }
}

/// Recording is suspended for a reason, or goes on again.
pub(crate) fn recording(suspended: Option<&str>) -> v1::Warning {
    use v1::warning::Kind;
    let (kind, message) = match suspended {
        Some(reason) => (
            Kind::RecordingSuspended,
            format!("recording is suspended, results are kept in memory meanwhile: {reason}"),
        ),
        None => (Kind::RecordingResumed, "results are recorded again".to_owned()),
    };
    v1::Warning { kind: kind.into(), message, offset: None }
}

pub(crate) fn ended(summary: &Summary, updates_sent: u64) -> v1::Ended {
    use v1::ended::Reason;
    let reason = match summary.reason {
        EndReason::Finished => Reason::Finished,
        EndReason::TimedOut => Reason::IdleTimeout,
        EndReason::Longest => Reason::Longest,
        EndReason::Drained => Reason::Drained,
        EndReason::Cancelled | EndReason::Failed => Reason::Unspecified,
    };
    v1::Ended {
        reason: reason.into(),
        audio_duration: Some(at(summary.samples)),
        utterances: summary.utterances,
        updates_sent,
        updates_dropped: summary.updates_dropped,
        updates_thinned: summary.updates_thinned,
        acknowledgement: None,
    }
}
