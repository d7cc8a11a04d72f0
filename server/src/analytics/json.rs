//! Answers as JSON: the messages of the wire, with times as RFC 3339.

use serde_json::{Value, json};
use undertone_proto::v1;

pub(super) fn emotions(response: &v1::QueryEmotionsResponse) -> Value {
    let share =
        |own: &v1::EmotionShare| json!({ "label": own.label, "answers": own.answers, "share": own.share });
    let point = |own: &v1::EmotionPoint| {
        json!({
            "start": time(own.start.as_ref()),
            "answers": own.answers,
            "abstained": own.abstained,
            "mean_confidence": own.mean_confidence,
            "speech_seconds": own.speech_seconds,
            "shares": own.shares.iter().map(share).collect::<Vec<_>>(),
        })
    };
    let series = response.series.iter().map(|own| {
        json!({ "group": group(own.group.as_ref()), "points": own.points.iter().map(point).collect::<Vec<_>>() })
    });
    json!({ "series": series.collect::<Vec<_>>() })
}

pub(super) fn confidence(response: &v1::QueryConfidenceResponse) -> Value {
    let histograms =
        response.histograms.iter().map(|own| json!({ "group": group(own.group.as_ref()), "bins": own.bins }));
    json!({ "histograms": histograms.collect::<Vec<_>>() })
}

pub(super) fn latency(response: &v1::QueryLatencyResponse) -> Value {
    let point = |own: &v1::LatencyPoint| {
        json!({
            "start": time(own.start.as_ref()),
            "answers": own.answers,
            "p50_seconds": own.p50_seconds,
            "p95_seconds": own.p95_seconds,
            "p99_seconds": own.p99_seconds,
        })
    };
    let series = response.series.iter().map(|own| {
        json!({
            "group": group(own.group.as_ref()),
            "part": own.part,
            "points": own.points.iter().map(point).collect::<Vec<_>>(),
        })
    });
    json!({ "series": series.collect::<Vec<_>>() })
}

pub(super) fn agreement(response: &v1::QueryAgreementResponse) -> Value {
    let cell = |own: &v1::AgreementCell| json!({ "left": own.left, "right": own.right, "utterances": own.utterances });
    let pairs = response.pairs.iter().map(|own| {
        json!({
            "left": own.left,
            "right": own.right,
            "utterances": own.utterances,
            "agreement": own.agreement,
            "kappa": own.kappa,
            "cells": own.cells.iter().map(cell).collect::<Vec<_>>(),
        })
    });
    json!({ "pairs": pairs.collect::<Vec<_>>() })
}

pub(super) fn drift(response: &v1::QueryDriftResponse) -> Value {
    let drifts = response.drifts.iter().map(|own| {
        json!({
            "group": group(own.group.as_ref()),
            "answers": own.answers,
            "reference_answers": own.reference_answers,
            "emotions_divergence": own.emotions_divergence,
            "emotions_stability_index": own.emotions_stability_index,
            "confidence_divergence": own.confidence_divergence,
            "confidence_stability_index": own.confidence_stability_index,
        })
    });
    json!({ "drifts": drifts.collect::<Vec<_>>() })
}

pub(super) fn training_drift(response: &v1::QueryTrainingDriftResponse) -> Value {
    let measure = |own: &v1::MeasureDrift| {
        json!({
            "measure": own.measure,
            "answers": own.answers,
            "divergence": own.divergence,
            "stability_index": own.stability_index,
            "drifted": own.drifted,
        })
    };
    let models = response.models.iter().map(|own| {
        json!({
            "model": own.model,
            "version": own.version,
            "answers": own.answers,
            "measures": own.measures.iter().map(measure).collect::<Vec<_>>(),
            "unavailable": own.unavailable,
        })
    });
    json!({
        "models": models.collect::<Vec<_>>(),
        "stability_threshold": response.stability_threshold,
        "divergence_threshold": response.divergence_threshold,
    })
}

pub(super) fn judgements(response: &v1::QueryJudgementsResponse) -> Value {
    let cell =
        |own: &v1::ConfusionCell| json!({ "truth": own.truth, "answer": own.answer, "answers": own.answers });
    let bin = |own: &v1::CalibrationBin| {
        json!({
            "from": own.from,
            "to": own.to,
            "answers": own.answers,
            "mean_confidence": own.mean_confidence,
            "accuracy": own.accuracy,
        })
    };
    let groups = response.groups.iter().map(|own| {
        json!({
            "group": group(own.group.as_ref()),
            "judged": own.judged,
            "right": own.right,
            "without_truth": own.without_truth,
            "cells": own.cells.iter().map(cell).collect::<Vec<_>>(),
            "bins": own.bins.iter().map(bin).collect::<Vec<_>>(),
            "expected_calibration_error": own.expected_calibration_error,
        })
    });
    json!({ "groups": groups.collect::<Vec<_>>() })
}

fn group(group: Option<&v1::AnalyticsGroup>) -> Value {
    let Some(group) = group else { return json!({}) };
    let role = match group.role() {
        v1::AnswerRole::Unspecified => "",
        v1::AnswerRole::Live => "live",
        v1::AnswerRole::Shadow => "shadow",
    };
    json!({ "model": group.model, "version": group.version, "arm": group.arm, "role": role })
}

fn time(time: Option<&prost_types::Timestamp>) -> Value {
    time.map_or(Value::Null, |time| Value::String(time.to_string()))
}
