//! How a model is set up, in the words of the protocol's extension.

use super::outputs::{LOGITS, PROBABILITIES};
use super::tensor::{AUDIO, FEATURES};
use super::{ANY, metadata};
use undertone_core::Model;
use undertone_engine::EngineConfig;
use undertone_plugin_host::LoadedModel;
use undertone_proto::inference as wire;
use wire::model_instance_group::Kind;
use wire::{DataType, ModelInput, ModelOutput};

/// What the extension is called in the server's metadata.
pub(super) const EXTENSION: &str = "model_configuration";

/// One model, under an engine that is set up so.
pub(super) fn of(model: &LoadedModel, engine: &EngineConfig) -> wire::ModelConfig {
    let reference = model.reference();
    let labels = model.labels().len() as i64;
    let output = |name: &str| ModelOutput {
        name: name.into(),
        data_type: DataType::TypeFp32.into(),
        dims: vec![labels],
    };
    let workers = if model.is_apart() { engine.apart_workers } else { engine.workers };
    let parameter = |(name, value)| (name, wire::ModelParameter { string_value: value });
    wire::ModelConfig {
        name: reference.name.clone(),
        platform: metadata::platform(model),
        max_batch_size: whole(engine.max_batch),
        input: vec![
            input(FEATURES, DataType::TypeFp32, &[ANY, model.layout().dim as i64]),
            input(AUDIO, DataType::TypeString, &[1]),
        ],
        output: vec![output(PROBABILITIES), output(LOGITS)],
        instance_group: vec![wire::ModelInstanceGroup {
            name: "workers".into(),
            count: whole(workers),
            kind: Kind::Cpu.into(),
        }],
        // What is ready when a worker turns round is scored together; nothing waits for more.
        dynamic_batching: Some(wire::ModelDynamicBatching { max_queue_delay_microseconds: 0 }),
        parameters: metadata::properties(model).into_iter().map(parameter).collect(),
        backend: model.manifest().plugin.classifier.clone(),
    }
}

/// A request holds one of the inputs, so each may be left out.
fn input(name: &str, data_type: DataType, dims: &[i64]) -> ModelInput {
    ModelInput { name: name.into(), data_type: data_type.into(), dims: dims.to_vec(), optional: true }
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
