//! Recordings: each is one utterance from its first sample to its last, and takes the road of `Recognize`.

use super::outputs::Row;
use super::tensor::{Tensor, Values};
use super::{parameters, recognizer, status};
use crate::access::Caller;
use crate::grpc::request::{self, CheckedRequest};
use crate::recognition::Recognition;
use bytes::Bytes;
use std::sync::Arc;
use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt};
use undertone_audio::Endpointing;
use undertone_core::Model;
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;
use undertone_telemetry::CallSpan;

/// The parameter with the rate of samples, in Hz.
const SAMPLE_RATE: &str = "sample_rate";

/// One row per recording. All are looked at before the first one is heard.
pub(super) async fn answer(
    (recognition, caller): (&Arc<Recognition>, &Caller),
    model: &Arc<LoadedModel>,
    input: &Tensor,
) -> Result<Vec<Row>, Status> {
    let recordings = recordings(input)?;
    let mut checked = Vec::with_capacity(recordings.len());
    for (place, (format, audio)) in recordings.into_iter().enumerate() {
        let request = check(format, &audio, (recognition, caller), model);
        checked.push((request.map_err(|status| of_recording(place, status))?, audio));
    }
    let mut rows = Vec::with_capacity(checked.len());
    for (place, (request, audio)) in checked.into_iter().enumerate() {
        let service = recognizer(recognition);
        // In a task of its own, so that a recording whose client left is still recorded to its end.
        let task = tokio::spawn(async move { service.answer(request, audio, &mut CallSpan::none()).await });
        let answered = task.await.unwrap_or_else(|_| Err(Status::internal("the call's task was lost")));
        let response = answered.map_err(|status| of_recording(place, status))?;
        rows.push(row(place, response, model)?);
    }
    Ok(rows)
}

/// Each recording, and what is known about its format beforehand.
fn recordings(tensor: &Tensor) -> Result<Vec<(v1::AudioFormat, Bytes)>, Status> {
    match (&tensor.values, tensor.shape.as_slice()) {
        (Values::Bytes(files), [_] | [_, 1]) => {
            Ok(files.iter().map(|file| (v1::AudioFormat::default(), file.clone())).collect())
        }
        (Values::Floats(samples), &[length] | &[_, length]) => {
            let format = float_format(tensor)?;
            let bytes = |samples: &[f32]| samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            Ok(samples.chunks_exact(length).map(|samples| (format, bytes(samples))).collect())
        }
        (values, shape) => {
            let right = match values {
                Values::Bytes(_) => "[batch], with a file in each element",
                Values::Floats(_) => "[samples] or [batch, samples]",
            };
            Err(status::bad_field(
                &tensor.field("shape"),
                format!("it has {} lengths; give {right}", shape.len()),
            ))
        }
    }
}

fn float_format(tensor: &Tensor) -> Result<v1::AudioFormat, Status> {
    let field = tensor.field("parameters.sample_rate");
    let rate = parameters::whole_number(&tensor.parameters, SAMPLE_RATE, &field)?;
    let missing = || status::bad_field(&field, "samples have no header: give their rate in Hz");
    let sample_rate_hertz = u32::try_from(rate.ok_or_else(missing)?).unwrap_or(u32::MAX);
    Ok(v1::AudioFormat { encoding: v1::AudioEncoding::Float32.into(), sample_rate_hertz, channels: 1 })
}

/// As `Recognize` checks it; and longer than one utterance may be, the recording is refused.
fn check(
    format: v1::AudioFormat,
    audio: &[u8],
    asking: (&Recognition, &Caller),
    model: &Arc<LoadedModel>,
) -> Result<CheckedRequest, Status> {
    // A model that is named is in no experiment.
    let model_name = model.reference().to_string();
    let config =
        v1::RecognitionConfig { audio: Some(format), model: model_name, ..v1::RecognitionConfig::default() };
    let mut checked = request::check_for(config, Some(audio), asking, Some(model))?;
    let longest = request::longest_utterance(model);
    let session = &mut checked.session;
    session.endpointing = Endpointing { enabled: false, max_utterance: longest, ..session.endpointing };
    let whole_seconds = u32::try_from(longest.as_secs()).unwrap_or(u32::MAX);
    session.limits.max_seconds = session.limits.max_seconds.min(whole_seconds).max(1);
    Ok(checked)
}

fn row(place: usize, response: v1::RecognizeResponse, model: &LoadedModel) -> Result<Row, Status> {
    let Some(result) = response.utterances.into_iter().next().and_then(|utterance| utterance.result) else {
        let sentence = format!("it is too short: the model takes {} frames or more", model.min_frames());
        return Err(status::bad_field(&field(place), sentence));
    };
    let probabilities = result.probabilities.into_iter().map(|label| label.probability).collect();
    Ok(Row { probabilities, logits: Vec::new() })
}

/// Names the recording in what was said about a wrong one.
fn of_recording(place: usize, said: Status) -> Status {
    if said.code() != Code::InvalidArgument {
        return said;
    }
    let violations = said.get_error_details().bad_request().map(|bad| bad.field_violations.clone());
    let named = |violation: FieldViolation| FieldViolation { field: field(place), ..violation };
    status::bad_request(violations.unwrap_or_default().into_iter().map(named).collect())
}

fn field(place: usize) -> String {
    format!("inputs.audio[{place}]")
}
