//! How models are set up and what they have done, in the shapes of Triton's extensions.

use super::{Named, answer, name_and_version};
use crate::grpc::InferenceService;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};
use tonic::Request;
use undertone_proto::inference as wire;
use wire::grpc_inference_service_server::GrpcInferenceService;
use wire::model_instance_group::Kind;
use wire::{
    DataType, InferBatchStatistics, InferStatistics, ModelConfig, ModelStatistics, StatisticDuration,
};

pub(super) async fn config(State(service): State<InferenceService>, Path(named): Named) -> Response {
    let (name, version) = name_and_version(&named);
    let told = service.model_config(Request::new(wire::ModelConfigRequest { name, version })).await;
    answer(told.map(|told| config_of(&told.into_inner().config.unwrap_or_default())))
}

/// About the models that the path names, which are all of them where it names none.
pub(super) async fn statistics(State(service): State<InferenceService>, Path(named): Named) -> Response {
    let (name, version) = name_and_version(&named);
    let told = service.model_statistics(Request::new(wire::ModelStatisticsRequest { name, version })).await;
    let written = |told: wire::ModelStatisticsResponse| {
        let models: Vec<Value> = told.model_stats.into_iter().map(statistics_of).collect();
        json!({ "model_stats": models })
    };
    answer(told.map(|told| written(told.into_inner())))
}

fn config_of(own: &ModelConfig) -> Value {
    let data_type = |own: i32| DataType::try_from(own).unwrap_or_default().as_str_name();
    let input = own.input.iter().map(|own| {
        let (name, dims) = (&own.name, &own.dims);
        json!({ "name": name, "data_type": data_type(own.data_type), "dims": dims, "optional": own.optional })
    });
    let output = own
        .output
        .iter()
        .map(|own| json!({ "name": own.name, "data_type": data_type(own.data_type), "dims": own.dims }));
    let groups = own.instance_group.iter().map(|own| {
        let kind = Kind::try_from(own.kind).unwrap_or_default().as_str_name();
        json!({ "name": own.name, "count": own.count, "kind": kind })
    });
    let parameters = own.parameters.iter();
    let parameters =
        parameters.map(|(name, own)| (name.clone(), json!({ "string_value": own.string_value })));
    let mut written = json!({
        "name": own.name,
        "platform": own.platform,
        "backend": own.backend,
        "max_batch_size": own.max_batch_size,
        "input": input.collect::<Vec<_>>(),
        "output": output.collect::<Vec<_>>(),
        "instance_group": groups.collect::<Vec<_>>(),
        "parameters": parameters.collect::<serde_json::Map<_, _>>(),
    });
    if let Some(batching) = own.dynamic_batching {
        let delay = batching.max_queue_delay_microseconds;
        written["dynamic_batching"] = json!({ "max_queue_delay_microseconds": delay });
    }
    written
}

fn statistics_of(own: ModelStatistics) -> Value {
    json!({
        "name": own.name,
        "version": own.version,
        "last_inference": own.last_inference,
        "inference_count": own.inference_count,
        "execution_count": own.execution_count,
        "inference_stats": requests_of(&own.inference_stats.unwrap_or_default()),
        "batch_stats": own.batch_stats.into_iter().map(batch_of).collect::<Vec<_>>(),
    })
}

fn requests_of(own: &InferStatistics) -> Value {
    json!({
        "success": duration(own.success),
        "fail": duration(own.fail),
        "queue": duration(own.queue),
        "compute_input": duration(own.compute_input),
        "compute_infer": duration(own.compute_infer),
        "compute_output": duration(own.compute_output),
    })
}

fn batch_of(own: InferBatchStatistics) -> Value {
    json!({ "batch_size": own.batch_size, "compute_infer": duration(own.compute_infer) })
}

fn duration(own: Option<StatisticDuration>) -> Value {
    let own = own.unwrap_or_default();
    json!({ "count": own.count, "ns": own.ns })
}
