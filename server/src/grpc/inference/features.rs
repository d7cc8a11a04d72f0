//! Frames that a client made itself: scored by the workers, together with what streams ask for.

use super::outputs::Row;
use super::tensor::{Tensor, Values};
use super::{statistics, status};
use crate::access::Caller;
use crate::grpc::deadline::Deadline;
use crate::recognition::Recognition;
use std::sync::Arc;
use std::time::Instant;
use tonic::Status;
use undertone_core::{Frames, Model, PluginError, Probabilities};
use undertone_engine::{Question, Verdicts};
use undertone_plugin_host::LoadedModel;
use undertone_telemetry::StepKind;

/// One row per item of the batch.
pub(super) async fn answer(
    (recognition, caller): (&Arc<Recognition>, &Caller),
    model: &Arc<LoadedModel>,
    input: Tensor,
    deadline: Deadline,
) -> Result<Vec<Row>, Status> {
    let begun = Instant::now();
    let items = items(&input, model)?;
    statistics::note_step(recognition, model.reference(), StepKind::Input, begun.elapsed());
    let mut passage = caller.enter().map_err(|refusal| recognition.refused(&refusal))?;
    let frames: usize = items.iter().map(Frames::len).sum();
    let heard = frames as u64 * u64::from(model.layout().grid.hop_samples);
    // While they wait, the frames are held once.
    drop(input);
    let question = Question { model: model.clone(), items, deadline: deadline.0, patient: false };
    let verdicts = recognition.engine.ask(question).await.map_err(|error| status::not_scored(&error))?;
    // As with a recording: the answer is there, and what is owed keeps the next request out.
    let _ = passage.pay(heard, Instant::now());
    rows(verdicts, model)
}

/// The items of the batch, each as long as the model takes, and every value a number.
fn items(tensor: &Tensor, model: &LoadedModel) -> Result<Vec<Frames>, Status> {
    let dim = model.layout().dim;
    let wrong_shape = |sentence: String| Err(status::bad_field(&tensor.field("shape"), sentence));
    let &[_, frames, width] = tensor.shape.as_slice() else {
        return wrong_shape(format!("it has {} lengths; give [batch, frames, {dim}]", tensor.shape.len()));
    };
    if width != dim {
        return wrong_shape(format!(
            "a frame of the model {} has {dim} values, not {width}",
            model.reference()
        ));
    }
    let limits = model.manifest().limits;
    if frames < limits.min_frames as usize || frames > limits.max_frames as usize {
        let (fewest, most) = (limits.min_frames, limits.max_frames);
        return wrong_shape(format!("there are {frames} frames; the model takes {fewest} to {most}"));
    }
    let Values::Floats(values) = &tensor.values else {
        return Err(status::bad_field(&tensor.field("datatype"), "give FP32"));
    };
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let (item, frame, column) = (place / (frames * dim), place / dim % frames, place % dim);
        let sentence = format!("[{item}, {frame}, {column}] is {}, not a number", values[place]);
        return Err(status::bad_field(&tensor.field("contents"), sentence));
    }
    let item = |values: &[f32]| {
        let mut item = Frames::new(dim);
        item.grow(frames).copy_from_slice(values);
        item
    };
    Ok(values.chunks_exact(frames * dim).map(item).collect())
}

fn rows(verdicts: Verdicts, model: &LoadedModel) -> Result<Vec<Row>, Status> {
    let row = |(item, verdict): (usize, Result<Vec<f32>, PluginError>)| {
        let logits = verdict.map_err(|error| status::item_failed(item, &error))?;
        let not_finite = || status::item_not_finite(item);
        let probabilities =
            Probabilities::from_logits(&logits, model.temperature()).ok_or_else(not_finite)?.into_values();
        Ok(Row { probabilities, logits })
    };
    verdicts.into_iter().enumerate().map(row).collect()
}
