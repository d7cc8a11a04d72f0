//! One JSON object per recording.

use super::FileReport;
use serde_json::{Map, Value, json};

/// `file, model, version, seconds, utterances, warnings`; `prediction_id` is null when nothing was recorded, and
/// `plausible` is empty when the model gives no sets.
pub(crate) fn object(report: &FileReport) -> Value {
    let utterances: Vec<Value> = report
        .utterances
        .iter()
        .map(|utterance| {
            let probabilities: Map<String, Value> = utterance
                .probabilities
                .iter()
                .map(|(label, probability)| (label.clone(), json!(probability)))
                .collect();
            json!({
                "start_s": utterance.start_s,
                "end_s": utterance.end_s,
                "probabilities": probabilities,
                "top": utterance.top,
                "confidence": utterance.confidence,
                "abstained": utterance.abstained,
                "plausible": utterance.plausible,
                "prediction_id": utterance.prediction_id,
            })
        })
        .collect();
    json!({
        "file": report.file,
        "model": report.model,
        "version": report.version,
        "seconds": report.seconds,
        "utterances": utterances,
        "warnings": report.warnings,
    })
}
