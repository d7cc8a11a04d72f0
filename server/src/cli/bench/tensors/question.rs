//! The request that is sent over and over.

use crate::cli::bench::Tensors;
use crate::cli::recognizer::sentence;
use anyhow::{Context, ensure};
use bytes::Bytes;
use undertone_client::Line;
use undertone_proto::inference as wire;
use wire::grpc_inference_service_client::GrpcInferenceServiceClient;
use wire::model_infer_request::InferInputTensor;
use wire::model_metadata_response::TensorMetadata;

/// A length that the model leaves open counts as this, unless it is that of the batch.
const FREE_LENGTH: usize = 300;
/// The only datatype that is sent.
const DATATYPE: &str = "FP32";
/// No tensor of more values is sent.
const MOST_VALUES: usize = 1 << 28;

/// A request, and what is to be told about it.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) request: wire::ModelInferRequest,
    pub(super) input: String,
    pub(super) shape: Vec<usize>,
    pub(super) is_raw: bool,
}

impl Question {
    /// A question to `model`, NAME or NAME@VERSION, about a tensor that the flags describe; what they leave open, the server's
    /// metadata say. The values are the same in every run.
    pub(super) async fn put_together(line: Line, model: &str, tensors: &Tensors) -> anyhow::Result<Self> {
        ensure!(!model.is_empty(), "--model: the protocol knows no default model, name one");
        let (name, version) = model.split_once('@').unwrap_or((model, ""));
        let is_told = tensors.input.is_some() && !tensors.shape.is_empty();
        let known =
            if is_told { TensorMetadata::default() } else { look_up(line, name, version, tensors).await? };
        let input = tensors.input.clone().unwrap_or(known.name);
        let shape = if tensors.shape.is_empty() { chosen(&known.shape) } else { tensors.shape.clone() };
        let count = shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
        let count = count.filter(|count| (1..=MOST_VALUES).contains(count));
        let count = count.with_context(|| format!("--shape {shape:?}: give 1 to {MOST_VALUES} values"))?;
        let values = values(count);
        let mut request = wire::ModelInferRequest {
            model_name: name.into(),
            model_version: version.into(),
            ..wire::ModelInferRequest::default()
        };
        let contents = if tensors.typed {
            Some(wire::InferTensorContents { fp32_contents: values, ..Default::default() })
        } else {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            request.raw_input_contents.push(Bytes::from(bytes));
            None
        };
        request.inputs.push(InferInputTensor {
            name: input.clone(),
            datatype: DATATYPE.into(),
            shape: shape.iter().map(|&length| length as i64).collect(),
            contents,
            ..InferInputTensor::default()
        });
        Ok(Self { request, input, shape, is_raw: !tensors.typed })
    }

    /// `NAME` or `NAME@VERSION`.
    pub(super) fn model(&self) -> String {
        let wire::ModelInferRequest { model_name, model_version, .. } = &self.request;
        if model_version.is_empty() { model_name.clone() } else { format!("{model_name}@{model_version}") }
    }
}

/// The input of this name, or the first one that can be sent.
async fn look_up(line: Line, name: &str, version: &str, tensors: &Tensors) -> anyhow::Result<TensorMetadata> {
    let request = wire::ModelMetadataRequest { name: name.into(), version: version.into() };
    let answered = GrpcInferenceServiceClient::new(line).model_metadata(request).await;
    let inputs = answered.map_err(sentence)?.into_inner().inputs;
    let fits = |input: &TensorMetadata| {
        input.datatype == DATATYPE && tensors.input.as_ref().is_none_or(|name| *name == input.name)
    };
    let names: Vec<String> =
        inputs.iter().map(|input| format!("{} {}", input.name, input.datatype)).collect();
    inputs.into_iter().find(fits).with_context(|| {
        let wanted = tensors.input.as_deref().unwrap_or("of any name");
        format!("the model has no {DATATYPE} input {wanted}; it has: {}", names.join(", "))
    })
}

/// A batch of one, and of every other open length the same.
fn chosen(shape: &[i64]) -> Vec<usize> {
    let free = |place: usize| if place == 0 { 1 } else { FREE_LENGTH };
    let length = |(place, &length): (usize, &i64)| usize::try_from(length).unwrap_or(free(place));
    shape.iter().enumerate().map(length).collect()
}

/// Values from -1 to 1 that look random (Knuth's linear congruential generator), the same every time.
fn values(count: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_length_is_one_for_the_batch_and_three_hundred_elsewhere() {
        assert_eq!(chosen(&[-1, -1, 64]), [1, 300, 64]);
        assert_eq!(chosen(&[8, -1]), [8, 300]);
    }

    #[test]
    fn values_lie_between_minus_one_and_one_and_are_the_same_every_time() {
        let values = super::values(10_000);
        assert!(values.iter().all(|value| (-1.0..1.0).contains(value)));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.05, "{mean}");
        assert_eq!(values, super::values(10_000));
    }
}
