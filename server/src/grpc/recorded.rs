//! Results for the wire, recorded before anybody can see them.

use super::{reply, status};
use crate::recognition::Recognition;
use tonic::Status;
use undertone_core::{Model, StreamId};
use undertone_engine::Answer;
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;

/// Records `answer`, counts it, and gives it as the wire spells it. An answer that cannot be recorded is not given.
pub(crate) async fn result(
    recognition: &Recognition,
    stream: StreamId,
    model: &LoadedModel,
    answer: &Answer,
) -> Result<v1::Result, Status> {
    let recorded = recognition.record_answer(stream, model, answer).await;
    let prediction = recorded.map_err(|error| status::not_recorded("the result", &error))?;
    let kind = if answer.trigger.is_final() { "final" } else { "update" };
    let name = model.reference().to_string();
    recognition.metrics.engine.results.with_label_values(&[&name, kind]).inc();
    Ok(reply::result(answer, model.labels(), prediction))
}
