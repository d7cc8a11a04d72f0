//! From a request's inputs to a tensor whose shape and values agree.

use super::parameters::Parameters;
use super::status;
use bytes::Bytes;
use tonic::Status;
use undertone_proto::inference as wire;
use wire::InferTensorContents as Contents;
use wire::model_infer_request::InferInputTensor;

/// Frames as an extractor makes them, FP32 `[batch, frames, width]`.
pub(super) const FEATURES: &str = "features";
/// Recordings, BYTES `[batch]` with a file each, or samples, FP32 `[samples]` or `[batch, samples]`.
pub(super) const AUDIO: &str = "audio";

/// A tensor that holds as many values as its shape says.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// At least one length, none of them 0.
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
    /// Its own, and where it has none of a name the request's.
    pub(super) parameters: Parameters,
}

/// The values of a tensor, row by row.
#[derive(Debug)]
pub(super) enum Values {
    /// FP32
    Floats(Vec<f32>),
    /// BYTES
    Bytes(Vec<Bytes>),
}

impl Tensor {
    /// The name of a part of this tensor, for whoever sent a wrong one.
    pub(super) fn field(&self, part: &str) -> String {
        field(&self.name, part)
    }
}

/// The one input of a request.
pub(super) fn read(request: wire::ModelInferRequest) -> Result<Tensor, Status> {
    let wire::ModelInferRequest { parameters, inputs, raw_input_contents, .. } = request;
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|&&name| name != FEATURES && name != AUDIO) {
        let sentence = format!("there is no such input; give {FEATURES} or {AUDIO}");
        return Err(status::bad_field(&format!("inputs.{}", shown(unknown)), sentence));
    }
    if names.len() != 1 {
        let sentence = format!("there are {}; give one, {FEATURES} or {AUDIO}", names.len());
        return Err(status::bad_field("inputs", sentence));
    }
    let raw = one_entry_at_most(raw_input_contents)?;
    let Some(input) = inputs.into_iter().next() else {
        return Err(status::bad_field("inputs", "there is none"));
    };
    tensor(input, raw, parameters)
}

fn one_entry_at_most(raw: Vec<Bytes>) -> Result<Option<Bytes>, Status> {
    match raw.len() {
        0 | 1 => Ok(raw.into_iter().next()),
        entries => {
            let sentence = format!("there are {entries} entries for one input");
            Err(status::bad_field("raw_input_contents", sentence))
        }
    }
}

fn tensor(input: InferInputTensor, raw: Option<Bytes>, of_request: Parameters) -> Result<Tensor, Status> {
    let InferInputTensor { name, datatype, shape, parameters, contents } = input;
    let (shape, count) = shape_of(&name, &shape)?;
    let contents = contents.unwrap_or_default();
    if raw.is_some() && contents != Contents::default() {
        let sentence = "values stand both here and in raw_input_contents";
        return Err(status::bad_field(&field(&name, "contents"), sentence));
    }
    let values = match (datatype.as_str(), name.as_str()) {
        ("FP32", _) => Values::Floats(floats(&name, raw, contents)?),
        ("BYTES", AUDIO) => Values::Bytes(texts(&name, raw, contents)?),
        (other, _) => {
            let known = if name == AUDIO { "BYTES or FP32" } else { "FP32" };
            return Err(status::bad_field(
                &field(&name, "datatype"),
                format!("it is {:?}; give {known}", shown(other)),
            ));
        }
    };
    let found = match &values {
        Values::Floats(values) => values.len(),
        Values::Bytes(values) => values.len(),
    };
    if found != count {
        let shape = shown(&format!("{shape:?}"));
        let sentence = format!("there are {found} values, the shape {shape} holds {count}");
        return Err(status::bad_field(&field(&name, "contents"), sentence));
    }
    let parameters = of_request.into_iter().chain(parameters).collect();
    Ok(Tensor { name, shape, values, parameters })
}

/// The lengths, and how many values they hold.
fn shape_of(name: &str, shape: &[i64]) -> Result<(Vec<usize>, usize), Status> {
    let wrong = |sentence: String| status::bad_field(&field(name, "shape"), sentence);
    let lengths: Option<Vec<usize>> =
        shape.iter().map(|&length| usize::try_from(length).ok().filter(|&length| length > 0)).collect();
    let lengths = lengths
        .filter(|lengths| !lengths.is_empty())
        .ok_or_else(|| wrong(format!("{}; give lengths above 0", shown(&format!("{shape:?}")))))?;
    let count = lengths.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
    let count =
        count.ok_or_else(|| wrong(format!("{} is more than can be held", shown(&format!("{shape:?}")))))?;
    Ok((lengths, count))
}

fn floats(name: &str, raw: Option<Bytes>, mut contents: Contents) -> Result<Vec<f32>, Status> {
    let Some(raw) = raw else {
        let values = std::mem::take(&mut contents.fp32_contents);
        no_other_values(name, &contents, "fp32_contents")?;
        return Ok(values);
    };
    let (values, rest) = raw.as_chunks();
    if !rest.is_empty() {
        let sentence = format!("{} bytes are no whole number of FP32 values", raw.len());
        return Err(status::bad_field(&field(name, "contents"), sentence));
    }
    Ok(values.iter().map(|&value| f32::from_le_bytes(value)).collect())
}

fn texts(name: &str, raw: Option<Bytes>, mut contents: Contents) -> Result<Vec<Bytes>, Status> {
    let Some(mut rest) = raw else {
        let values = std::mem::take(&mut contents.bytes_contents);
        no_other_values(name, &contents, "bytes_contents")?;
        return Ok(values);
    };
    let mut values = Vec::new();
    while !rest.is_empty() {
        let length = rest.first_chunk().map(|&length| u32::from_le_bytes(length) as usize);
        let Some(length) = length.filter(|&length| length <= rest.len() - 4) else {
            let sentence = format!("element {} is longer than the bytes that are left", values.len());
            return Err(status::bad_field(&field(name, "contents"), sentence));
        };
        let _ = rest.split_to(4);
        values.push(rest.split_to(length));
    }
    Ok(values)
}

fn no_other_values(name: &str, others: &Contents, right: &str) -> Result<(), Status> {
    if *others == Contents::default() {
        return Ok(());
    }
    let sentence = format!("values stand in the list of another datatype; give {right}");
    Err(status::bad_field(&field(name, "contents"), sentence))
}

/// A name as it is repeated to whoever sent it: no more of it than a person reads.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 64;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST).chain(['…']).collect()
}

fn field(name: &str, part: &str) -> String {
    format!("inputs.{name}.{part}")
}
