//! Results for the wire, recorded before anybody can see them.

use super::{reply, status};
use crate::recognition::{Recognition, Source};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::Status;
use undertone_core::Model;
use undertone_engine::Answer;
use undertone_proto::v1;
use undertone_telemetry::CallSpan;

/// Records `answer`, counts and traces it, and gives it as the wire spells it. An answer that cannot be recorded is not given.
pub(crate) async fn result(
    recognition: &Arc<Recognition>,
    source: &Source,
    span: &CallSpan,
    answer: &mut Answer,
) -> Result<v1::Result, Status> {
    let frames = answer.frames.take();
    let begun = Instant::now();
    let recorded = recognition.record_answer(source, answer).await;
    if answer.trigger.is_final() {
        trace(span, answer, begun.elapsed());
    }
    let prediction = recorded.map_err(|error| status::not_recorded("the result", &error))?;
    let kind = if answer.trigger.is_final() { "final" } else { "update" };
    if answer.trigger.is_final() {
        recognition.experiments.follow(recognition, source, answer, frames).await;
    }
    let model = &source.model;
    let name = model.reference().to_string();
    let metrics = &recognition.metrics.engine;
    metrics.results.with_label_values(&[&name, kind]).inc();
    let parts = answer.time_parts;
    let took = parts.queue + parts.features + parts.inference;
    metrics.answer_seconds.with_label_values(&[&name, kind]).observe(took.as_secs_f64());
    Ok(reply::result(answer, model.labels(), prediction))
}

/// A span for a final answer, and one for its recording.
fn trace(span: &CallSpan, answer: &Answer, recording: Duration) {
    let parts = answer.time_parts;
    let micros = |part: Duration| i64::try_from(part.as_micros()).unwrap_or(i64::MAX).into();
    span.step("answer", parts.queue + parts.features + parts.inference + recording, || {
        vec![
            ("undertone.utterance", i64::from(answer.utterance).into()),
            ("undertone.queue_us", micros(parts.queue)),
            ("undertone.features_us", micros(parts.features)),
            ("undertone.inference_us", micros(parts.inference)),
        ]
    });
    span.step("record", recording, Vec::new);
}
