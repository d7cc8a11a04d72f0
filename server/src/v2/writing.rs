//! From the service's replies to bodies.

use super::body::JSON_LENGTH;
use super::reading::Style;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tonic::Status;
use undertone_proto::inference as wire;
use wire::infer_parameter::ParameterChoice;
use wire::model_infer_response::InferOutputTensor;
use wire::model_metadata_response::TensorMetadata;

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

/// A value as a page.
pub(super) fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, JSON)], value.to_string()).into_response()
}

pub(super) fn server(told: wire::ServerMetadataResponse) -> Value {
    let extensions = [told.extensions, vec!["binary_tensor_data".to_owned()]].concat();
    json!({ "name": told.name, "version": told.version, "extensions": extensions })
}

pub(super) fn model(told: wire::ModelMetadataResponse) -> Value {
    let tensors = |own: Vec<TensorMetadata>| -> Vec<Value> {
        let tensor =
            |own: TensorMetadata| json!({ "name": own.name, "datatype": own.datatype, "shape": own.shape });
        own.into_iter().map(tensor).collect()
    };
    json!({
        "name": told.name,
        "versions": told.versions,
        "platform": told.platform,
        "inputs": tensors(told.inputs),
        "outputs": tensors(told.outputs),
        "properties": told.properties,
    })
}

/// The answer; outputs that were asked for so go behind the JSON, as little-endian floats.
pub(super) fn inference(told: wire::ModelInferResponse, style: &Style) -> Result<Response, Status> {
    let mut rest = Vec::new();
    let mut outputs = Vec::new();
    for (place, output) in told.outputs.into_iter().enumerate() {
        let values = floats(&output, told.raw_output_contents.get(place))?;
        let mut parameters = parameters(&output);
        let mut written = json!({ "name": output.name, "datatype": output.datatype, "shape": output.shape });
        if style.is_binary(&output.name) {
            parameters.insert("binary_data_size".into(), json!(values.len() * size_of::<f32>()));
            rest.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        } else {
            written["data"] = json!(values);
        }
        written["parameters"] = parameters.into();
        outputs.push(written);
    }
    let (name, version) = (told.model_name, told.model_version);
    let mut written = json!({ "model_name": name, "model_version": version, "outputs": outputs });
    if !told.id.is_empty() {
        written["id"] = told.id.into();
    }
    let json = written.to_string();
    if rest.is_empty() {
        return Ok(([(header::CONTENT_TYPE, JSON)], json).into_response());
    }
    let length = json.len().to_string();
    let headers = [(header::CONTENT_TYPE, BINARY), (HeaderName::from_static(JSON_LENGTH), length.as_str())];
    Ok((headers, [json.into_bytes(), rest].concat()).into_response())
}

fn floats(output: &InferOutputTensor, raw: Option<&bytes::Bytes>) -> Result<Vec<f32>, Status> {
    if output.datatype != "FP32" {
        return Err(Status::internal(format!(
            "the output {} is of the datatype {}",
            output.name, output.datatype
        )));
    }
    Ok(match raw {
        Some(raw) => raw.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect(),
        None => output.contents.as_ref().map(|own| own.fp32_contents.clone()).unwrap_or_default(),
    })
}

fn parameters(output: &InferOutputTensor) -> Map<String, Value> {
    let written = |(name, parameter): (&String, &wire::InferParameter)| {
        let value = match parameter.parameter_choice.as_ref()? {
            ParameterChoice::BoolParam(own) => json!(own),
            ParameterChoice::Int64Param(own) => json!(own),
            ParameterChoice::StringParam(own) => json!(own),
            ParameterChoice::DoubleParam(own) => json!(own),
            ParameterChoice::Uint64Param(own) => json!(own),
        };
        Some((name.clone(), value))
    };
    output.parameters.iter().filter_map(written).collect()
}
