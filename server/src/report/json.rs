//! One JSON object per recording.

use super::{FileReport, Snapshot, UtteranceReport};
use serde_json::{Map, Value, json};

/// `file, model, version, seconds, utterances, warnings`; `prediction_id` is null when nothing was recorded,
/// `plausible` is empty when the model gives no sets, and `updates` when none were asked for.
pub(crate) fn object(report: &FileReport) -> Value {
    let utterances: Vec<Value> = report.utterances.iter().map(utterance).collect();
    json!({
        "file": report.file,
        "model": report.model,
        "version": report.version,
        "seconds": report.seconds,
        "utterances": utterances,
        "warnings": report.warnings,
    })
}

fn utterance(utterance: &UtteranceReport) -> Value {
    let by_label = |probabilities: &[f32]| -> Map<String, Value> {
        let labels = utterance.probabilities.iter().map(|(label, _)| label.clone());
        labels.zip(probabilities.iter().map(|probability| json!(probability))).collect()
    };
    let last: Vec<f32> = utterance.probabilities.iter().map(|(_, probability)| *probability).collect();
    let update =
        |update: &Snapshot| json!({ "at_s": update.at_s, "probabilities": by_label(&update.probabilities) });
    let updates: Vec<Value> = utterance.updates.iter().map(update).collect();
    json!({
        "start_s": utterance.start_s,
        "end_s": utterance.end_s,
        "probabilities": by_label(&last),
        "top": utterance.top,
        "confidence": utterance.confidence,
        "abstained": utterance.abstained,
        "plausible": utterance.plausible,
        "prediction_id": utterance.prediction_id,
        "updates": updates,
    })
}
