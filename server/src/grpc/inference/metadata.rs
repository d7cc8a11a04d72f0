//! What server and models say about themselves.

use super::outputs::{self, LABELS, LOGITS, PROBABILITIES};
use super::tensor::{AUDIO, FEATURES};
use super::{ANY, config, repository, statistics};
use std::collections::HashMap;
use undertone_core::{Model, PIPELINE_RATE};
use undertone_plugin_host::{LoadedModel, Registry};
use undertone_proto::inference as wire;
use wire::model_metadata_response::TensorMetadata;

/// This server.
pub(super) fn server() -> wire::ServerMetadataResponse {
    wire::ServerMetadataResponse {
        name: "undertone".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        extensions: [repository::EXTENSION, config::EXTENSION, statistics::EXTENSION]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// One model, with every version of its name.
pub(super) fn model(model: &LoadedModel, all: &Registry) -> wire::ModelMetadataResponse {
    let name = &model.reference().name;
    let of_name = all.list().map(|model| model.reference()).filter(|reference| &reference.name == name);
    let (dim, labels) = (model.layout().dim as i64, model.labels().len() as i64);
    wire::ModelMetadataResponse {
        name: name.clone(),
        versions: of_name.map(|reference| reference.version.clone()).collect(),
        platform: platform(model),
        inputs: vec![tensor(FEATURES, "FP32", &[ANY, ANY, dim]), tensor(AUDIO, "BYTES", &[ANY])],
        outputs: vec![tensor(PROBABILITIES, "FP32", &[ANY, labels]), tensor(LOGITS, "FP32", &[ANY, labels])],
        properties: properties(model),
    }
}

/// What runs a model.
pub(super) fn platform(model: &LoadedModel) -> String {
    format!("undertone_{}", model.classifier_plugin())
}

fn tensor(name: &str, datatype: &str, shape: &[i64]) -> TensorMetadata {
    TensorMetadata { name: name.into(), datatype: datatype.into(), shape: shape.to_vec() }
}

/// What a client needs to make the inputs and to read the outputs.
pub(super) fn properties(model: &LoadedModel) -> HashMap<String, String> {
    let manifest = model.manifest();
    let grid = model.layout().grid;
    let one_input = format!("give one: {FEATURES}; or {AUDIO}, as files or as FP32 samples with sample_rate");
    [
        ("version", manifest.version.clone()),
        ("description", manifest.description.clone()),
        ("licence", manifest.licence.clone()),
        (LABELS, outputs::names_of(&manifest.labels)),
        ("inputs", one_input),
        ("temperature", manifest.calibration.temperature.to_string()),
        ("features.fingerprint", manifest.features.fingerprint.clone()),
        ("features.sample_rate_hz", PIPELINE_RATE.hz().to_string()),
        ("features.hop_samples", grid.hop_samples.to_string()),
        ("features.window_samples", grid.window_samples.to_string()),
        ("features.min_frames", manifest.limits.min_frames.to_string()),
        ("features.max_frames", manifest.limits.max_frames.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
