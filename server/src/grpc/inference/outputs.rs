//! Which tensors a client asked for, and how they go out.

use super::tensor::{AUDIO, FEATURES, shown};
use super::{parameters, status};
use bytes::Bytes;
use std::collections::HashMap;
use tonic::Status;
use undertone_proto::inference as wire;
use wire::model_infer_response::InferOutputTensor;

/// One probability per label, FP32 `[batch, labels]`.
pub(super) const PROBABILITIES: &str = "probabilities";
/// What the model said before temperature and softmax, FP32 `[batch, labels]`; of features only.
pub(super) const LOGITS: &str = "logits";

/// What names the columns, beside every output and in a model's metadata: many clients do not show the latter's properties.
pub(super) const LABELS: &str = "labels";

/// What is known about one item of a batch.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) probabilities: Vec<f32>,
    /// Empty for a recording.
    pub(super) logits: Vec<f32>,
}

/// The tensors that a client asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    names: Vec<String>,
    /// Whether values go out as they came in: in one buffer.
    is_raw: bool,
}

impl Wanted {
    /// Those of these names; all that there are about the input `input` when there is none.
    pub(super) fn read(names: Vec<String>, input: &str, is_raw: bool) -> Result<Self, Status> {
        let known: &[&str] = if input == FEATURES { &[PROBABILITIES, LOGITS] } else { &[PROBABILITIES] };
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let sentence = match unknown.as_str() {
                LOGITS => format!("{AUDIO} gives none; ask for {}", known.join(", ")),
                _ => format!("there is no such output; ask for {}", known.join(", ")),
            };
            return Err(status::bad_field(&format!("outputs.{}", shown(unknown)), sentence));
        }
        let again = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name));
        if let Some((_, again)) = again {
            return Err(status::bad_field(&format!("outputs.{again}"), "it is asked for twice"));
        }
        let names =
            if names.is_empty() { known.iter().map(|&name| name.to_owned()).collect() } else { names };
        Ok(Self { names, is_raw })
    }

    /// The tensors over `rows`, each with the names of its columns; model and id are left open.
    pub(super) fn response(&self, rows: &[Row], labels: &[String]) -> wire::ModelInferResponse {
        let parameters = HashMap::from([(LABELS.to_owned(), parameters::text(names_of(labels)))]);
        let mut response = wire::ModelInferResponse::default();
        for name in &self.names {
            let of_row = |row: &Row| match name.as_str() {
                LOGITS => row.logits.clone(),
                _ => row.probabilities.clone(),
            };
            let values: Vec<f32> = rows.iter().flat_map(of_row).collect();
            let contents = if self.is_raw {
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                response.raw_output_contents.push(Bytes::from(bytes));
                None
            } else {
                Some(wire::InferTensorContents { fp32_contents: values, ..Default::default() })
            };
            response.outputs.push(InferOutputTensor {
                name: name.clone(),
                datatype: "FP32".into(),
                shape: [rows.len(), labels.len()].map(|length| length as i64).to_vec(),
                parameters: parameters.clone(),
                contents,
            });
        }
        response
    }
}

/// A JSON list, in the order of the columns.
pub(super) fn names_of(labels: &[String]) -> String {
    serde_json::json!(labels).to_string()
}
