//! Results for the wire, recorded before anybody can see them.

use super::{reply, status};
use crate::recognition::{Recognition, Source};
use std::sync::Arc;
use tonic::Status;
use undertone_core::Model;
use undertone_engine::Answer;
use undertone_proto::v1;

/// Records `answer`, counts it, and gives it as the wire spells it. An answer that cannot be recorded is not given.
pub(crate) async fn result(
    recognition: &Arc<Recognition>,
    source: &Source,
    answer: &mut Answer,
) -> Result<v1::Result, Status> {
    let frames = answer.frames.take();
    let recorded = recognition.record_answer(source, answer).await;
    let prediction = recorded.map_err(|error| status::not_recorded(&error))?;
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
