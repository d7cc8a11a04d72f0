//! The Open Inference Protocol over real gRPC, on a real server with the shipped models.

mod audio;
mod bad_input;
mod clients;
mod features;
pub(crate) mod http;
mod operating;
mod pressure;
mod stream;

use std::sync::Arc;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use undertone_audio::AudioLimits;
use undertone_core::{Frames, Model};
use undertone_plugin_host::{HostConfig, LoadedModel, PluginHost};
use undertone_proto::inference as wire;
use undertone_tests::{TestServer, real_clip, stage};
use wire::grpc_inference_service_client::GrpcInferenceServiceClient;
use wire::infer_parameter::ParameterChoice;
use wire::model_infer_request::{InferInputTensor, InferRequestedOutputTensor};

type Client = GrpcInferenceServiceClient<Channel>;

/// A server, and a client of it.
struct Bed {
    server: TestServer,
    client: Client,
}

impl Bed {
    async fn new(flags: &[(&str, &str)]) -> Self {
        let server = TestServer::start(flags).await.unwrap();
        let client = server.inference().await.unwrap();
        Self { server, client }
    }

    async fn infer(&mut self, request: wire::ModelInferRequest) -> Result<wire::ModelInferResponse, Status> {
        Ok(self.client.model_infer(request).await?.into_inner())
    }
}

/// The staged models, as the server loads them.
fn models() -> Vec<Arc<LoadedModel>> {
    let stage = stage().unwrap();
    let (plugins_dir, models_dir) = (stage.join("plugins"), stage.join("models"));
    PluginHost::new(HostConfig { plugins_dir, models_dir, onnxruntime: None }).load_all().models
}

/// Real speech, 16 kHz mono.
fn real_speech() -> Vec<f32> {
    undertone_audio::read_all(&std::fs::read(real_clip()).unwrap(), None, AudioLimits::default()).unwrap()
}

/// The frames of `speech` as the model's own extractor makes them.
fn frames_of(model: &LoadedModel, speech: &[f32]) -> Frames {
    let mut extractor = model.new_extractor().unwrap();
    let mut frames = Frames::new(extractor.layout().dim);
    extractor.push(speech, &mut frames).unwrap();
    extractor.finish(&mut frames).unwrap();
    frames
}

fn input(name: &str, datatype: &str, shape: &[i64], contents: wire::InferTensorContents) -> InferInputTensor {
    InferInputTensor {
        name: name.into(),
        datatype: datatype.into(),
        shape: shape.to_vec(),
        contents: Some(contents),
        ..InferInputTensor::default()
    }
}

fn floats(values: &[f32]) -> wire::InferTensorContents {
    wire::InferTensorContents { fp32_contents: values.to_vec(), ..Default::default() }
}

/// Asks `model` about `input`.
fn about(model: &str, input: InferInputTensor) -> wire::ModelInferRequest {
    wire::ModelInferRequest { model_name: model.into(), inputs: vec![input], ..Default::default() }
}

/// Asks `model` about one item.
fn about_frames(model: &str, frames: &Frames) -> wire::ModelInferRequest {
    let shape = [1, frames.len() as i64, frames.dim() as i64];
    about(model, input("features", "FP32", &shape, floats(frames.values())))
}

/// Moves the values of the one input into the raw contents.
fn as_raw(mut request: wire::ModelInferRequest) -> wire::ModelInferRequest {
    let contents = request.inputs[0].contents.take().unwrap();
    let mut raw = undertone_tests::float_bytes(&contents.fp32_contents);
    for element in contents.bytes_contents {
        raw.extend((element.len() as u32).to_le_bytes());
        raw.extend(element);
    }
    wire::ModelInferRequest { raw_input_contents: vec![raw.into()], ..request }
}

fn wanting(outputs: &[&str], request: wire::ModelInferRequest) -> wire::ModelInferRequest {
    let output = |name: &&str| InferRequestedOutputTensor { name: (*name).into(), ..Default::default() };
    wire::ModelInferRequest { outputs: outputs.iter().map(output).collect(), ..request }
}

fn number(value: i64) -> wire::InferParameter {
    wire::InferParameter { parameter_choice: Some(ParameterChoice::Int64Param(value)) }
}

/// The values of an output, wherever they stand, and its shape.
fn output(response: &wire::ModelInferResponse, name: &str) -> (Vec<i64>, Vec<f32>) {
    let place = response.outputs.iter().position(|output| output.name == name).unwrap();
    let output = &response.outputs[place];
    assert_eq!(output.datatype, "FP32");
    let values = match response.raw_output_contents.get(place) {
        Some(raw) => raw.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect(),
        None => output.contents.clone().unwrap().fp32_contents,
    };
    (output.shape.clone(), values)
}

fn assert_close(left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len());
    for (a, b) in left.iter().zip(right) {
        assert!((a - b).abs() <= 1e-5, "{left:?} {right:?}");
    }
}

/// The request is refused as invalid, and `field` is named, with words that hold `expected`.
fn assert_invalid(status: &Status, field: &str, expected: &str) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, [field], "{}", status.message());
    assert!(status.message().contains(expected), "{expected:?} is missing in {:?}", status.message());
}
