//! From a body to a request of the service.

use super::body::Body;
use super::lean::{Lean, Object};
use crate::grpc::bad_field;
use axum::body::Bytes;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use tonic::Status;
use undertone_proto::inference as wire;
use wire::infer_parameter::ParameterChoice;
use wire::model_infer_request::{InferInputTensor, InferRequestedOutputTensor};

/// Bytes of a tensor behind the JSON.
const BINARY_SIZE: &str = "binary_data_size";
/// Whether an output goes behind the JSON, and whether all do that are not named.
const BINARY_OUTPUT: &str = "binary_data";
const BINARY_OUTPUTS: &str = "binary_data_output";
/// Every whole number below it is one number as a float, too.
const MOST: f64 = 9.0e15;
/// How elements of a BYTES tensor are spelled in JSON; without it they are texts.
const CONTENT_TYPE: &str = "content_type";

/// Where outputs go: as each one says, else as the request does.
#[derive(Debug, Default)]
pub(super) struct Style {
    named: HashMap<String, bool>,
    others: bool,
}

impl Style {
    /// Whether the output goes behind the JSON.
    pub(super) fn is_binary(&self, output: &str) -> bool {
        self.named.get(output).copied().unwrap_or(self.others)
    }
}

/// Reads a request; the model is named by the path.
pub(super) fn request(headers: &HeaderMap, body: Bytes) -> Result<(wire::ModelInferRequest, Style), Status> {
    let mut body = Body::cut(headers, body)?;
    let json = serde_json::from_slice(&body.json);
    let mut asked: Object =
        json.map_err(|error| bad_field("body", format!("it is no JSON object: {error}")))?;
    let mut parameters = object(&mut asked, "parameters", "parameters")?;
    let mut style = Style { others: flag(&mut parameters, BINARY_OUTPUTS)?, ..Style::default() };
    let mut request = wire::ModelInferRequest { id: text(&asked, "id", "id")?, ..Default::default() };
    request.parameters = read_parameters(parameters, "parameters")?;
    for (place, input) in list(&mut asked, "inputs")?.into_iter().enumerate() {
        let (input, raw) = read_input(input, &format!("inputs[{place}]"), &mut body)?;
        request.inputs.push(input);
        request.raw_input_contents.extend(raw);
    }
    body.end()?;
    for (place, mut output) in list(&mut asked, "outputs")?.into_iter().enumerate() {
        let field = format!("outputs[{place}]");
        let name = text(&output, "name", &format!("{field}.name"))?;
        let mut parameters = object(&mut output, "parameters", &format!("{field}.parameters"))?;
        if parameters.contains_key(BINARY_OUTPUT) {
            style.named.insert(name.clone(), flag(&mut parameters, BINARY_OUTPUT)?);
        }
        request.outputs.push(InferRequestedOutputTensor { name, ..Default::default() });
    }
    Ok((request, style))
}

/// A tensor, and its bytes where they lie behind the JSON.
fn read_input(
    mut input: Object,
    field: &str,
    body: &mut Body,
) -> Result<(InferInputTensor, Option<Bytes>), Status> {
    let mut tensor = InferInputTensor {
        name: text(&input, "name", &format!("{field}.name"))?,
        datatype: text(&input, "datatype", &format!("{field}.datatype"))?,
        shape: shape(&input, field)?,
        ..Default::default()
    };
    let mut parameters = object(&mut input, "parameters", &format!("{field}.parameters"))?;
    let size = parameters.remove(BINARY_SIZE);
    let content_type = parameters.remove(CONTENT_TYPE);
    tensor.parameters = read_parameters(parameters, &format!("{field}.parameters"))?;
    if let Some(size) = size {
        let field = format!("{field}.parameters.{BINARY_SIZE}");
        let size = match size {
            Lean::Number(size) => size.as_u64().and_then(|size| usize::try_from(size).ok()),
            _ => None,
        };
        let size = size.ok_or_else(|| bad_field(&field, "give a count of bytes"))?;
        return Ok((tensor, Some(body.take(&field, size)?)));
    }
    let data = input.remove("data").unwrap_or(Lean::Null);
    let mut contents = wire::InferTensorContents::default();
    let is_base64 = content_type == Some(Lean::Text("base64".into()));
    fill(&mut contents, data, (tensor.datatype.as_str(), is_base64))
        .map_err(|sentence| bad_field(&format!("{field}.data"), sentence))?;
    tensor.contents = Some(contents);
    Ok((tensor, None))
}

/// Adds the elements of a list, flat or nested as the shape is.
fn fill(
    contents: &mut wire::InferTensorContents,
    data: Lean,
    (datatype, is_base64): (&str, bool),
) -> Result<(), String> {
    match (data, datatype) {
        (Lean::List(elements), _) => {
            elements.into_iter().try_for_each(|own| fill(contents, own, (datatype, is_base64)))
        }
        (Lean::Numbers(numbers), _) if numbers.is_empty() => Ok(()),
        (Lean::Numbers(numbers), "FP32") => {
            contents.fp32_contents.extend(numbers.into_iter().map(|number| number as f32));
            Ok(())
        }
        (Lean::Text(text), "BYTES") if is_base64 => {
            let bytes =
                STANDARD.decode(text).map_err(|error| format!("an element is not base64: {error}"))?;
            contents.bytes_contents.push(bytes.into());
            Ok(())
        }
        (Lean::Text(text), "BYTES") => {
            contents.bytes_contents.push(text.into_bytes().into());
            Ok(())
        }
        (Lean::Null, _) => Err("there is none; give a list, or binary_data_size".into()),
        _ => Err(format!("an element does not fit the datatype {datatype}; FP32 has numbers, BYTES texts")),
    }
}

fn read_parameters(object: Object, field: &str) -> Result<HashMap<String, wire::InferParameter>, Status> {
    let read = |(name, value): (String, Lean)| {
        let choice = match value {
            Lean::Flag(flag) => ParameterChoice::BoolParam(flag),
            Lean::Text(text) => ParameterChoice::StringParam(text),
            Lean::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => ParameterChoice::Int64Param(number),
                (_, Some(number), _) => ParameterChoice::Uint64Param(number),
                (.., number) => ParameterChoice::DoubleParam(number.unwrap_or(f64::NAN)),
            },
            _ => return Err(bad_field(&format!("{field}.{name}"), "give a text, a number, true or false")),
        };
        Ok((name, wire::InferParameter { parameter_choice: Some(choice) }))
    };
    object.into_iter().map(read).collect()
}

fn text(object: &Object, key: &str, field: &str) -> Result<String, Status> {
    match object.get(key) {
        None | Some(Lean::Null) => Ok(String::new()),
        Some(Lean::Text(text)) => Ok(text.clone()),
        Some(_) => Err(bad_field(field, "give a text")),
    }
}

fn flag(object: &mut Object, key: &str) -> Result<bool, Status> {
    match object.remove(key) {
        None => Ok(false),
        Some(Lean::Flag(flag)) => Ok(flag),
        Some(_) => Err(bad_field(key, "give true or false")),
    }
}

fn object(parent: &mut Object, key: &str, field: &str) -> Result<Object, Status> {
    match parent.remove(key) {
        None | Some(Lean::Null) => Ok(Object::new()),
        Some(Lean::Object(object)) => Ok(object),
        Some(_) => Err(bad_field(field, "give an object")),
    }
}

fn list(parent: &mut Object, key: &str) -> Result<Vec<Object>, Status> {
    let wrong = || bad_field(key, "give a list of objects");
    match parent.remove(key) {
        None | Some(Lean::Null) => Ok(Vec::new()),
        Some(Lean::Numbers(none)) if none.is_empty() => Ok(Vec::new()),
        Some(Lean::List(elements)) => {
            let object = |element| match element {
                Lean::Object(object) => Ok(object),
                _ => Err(wrong()),
            };
            elements.into_iter().map(object).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn shape(input: &Object, field: &str) -> Result<Vec<i64>, Status> {
    let whole = |number: &f64| (number.fract() == 0.0 && number.abs() < MOST).then_some(*number as i64);
    let read = match input.get("shape") {
        Some(Lean::Numbers(lengths)) => lengths.iter().map(whole).collect::<Option<Vec<i64>>>(),
        _ => None,
    };
    read.ok_or_else(|| bad_field(&format!("{field}.shape"), "give a list of lengths"))
}
