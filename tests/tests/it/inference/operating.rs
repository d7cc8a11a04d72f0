//! What clients ask before they send tensors, and what operators look at.

use super::*;
use std::collections::HashMap;
use undertone_tests::{CNN, CNN_VERSION, LSTM_VERSION};

async fn ready(client: &mut Client, name: &str, version: &str) -> bool {
    let request = wire::ModelReadyRequest { name: name.into(), version: version.into() };
    client.model_ready(request).await.unwrap().into_inner().ready
}

async fn health(bed: &Bed) -> i32 {
    let mut health = tonic_health::pb::health_client::HealthClient::new(bed.server.channel().await.unwrap());
    let service = "inference.GRPCInferenceService".into();
    let answer = health.check(tonic_health::pb::HealthCheckRequest { service }).await;
    answer.map_or(0, |answer| answer.into_inner().status)
}

#[tokio::test]
async fn server_and_models_are_ready_as_health_and_readyz_say() {
    let mut bed = Bed::new(&[]).await;
    assert!(bed.client.server_live(wire::ServerLiveRequest {}).await.unwrap().into_inner().live);
    assert!(bed.client.server_ready(wire::ServerReadyRequest {}).await.unwrap().into_inner().ready);
    for (name, version, expected) in
        [("cnn", "", true), ("lstm", LSTM_VERSION, true), ("cnn", "2.0.0", false), ("oracle", "", false)]
    {
        assert_eq!(ready(&mut bed.client, name, version).await, expected, "{name} {version}");
    }
    assert_eq!(health(&bed).await, 1, "it is serving");

    let empty = tempfile::TempDir::new().unwrap();
    let mut bed = Bed::new(&[("models.dir", empty.path().to_str().unwrap())]).await;
    assert!(bed.client.server_live(wire::ServerLiveRequest {}).await.unwrap().into_inner().live);
    assert!(!bed.client.server_ready(wire::ServerReadyRequest {}).await.unwrap().into_inner().ready);
    assert!(!ready(&mut bed.client, "cnn", "").await);
    assert_ne!(health(&bed).await, 1);
    assert!(bed.server.get("/readyz").await.unwrap().0.contains("503"));
}

#[tokio::test]
async fn metadata_says_which_tensors_there_are_and_what_the_columns_mean() {
    let mut bed = Bed::new(&[]).await;
    let server = bed.client.server_metadata(wire::ServerMetadataRequest {}).await.unwrap().into_inner();
    assert_eq!((server.name.as_str(), server.version.as_str()), ("undertone", env!("CARGO_PKG_VERSION")));
    assert_eq!(server.extensions, ["model_repository", "model_configuration", "statistics"]);

    let request = wire::ModelMetadataRequest { name: "cnn".into(), version: String::new() };
    let model = bed.client.model_metadata(request).await.unwrap().into_inner();
    assert_eq!(
        (model.name.as_str(), model.versions.as_slice()),
        ("cnn", [CNN_VERSION.to_owned()].as_slice())
    );
    let shapes: HashMap<&str, (&str, &[i64])> = (model.inputs.iter().chain(&model.outputs))
        .map(|tensor| (tensor.name.as_str(), (tensor.datatype.as_str(), tensor.shape.as_slice())))
        .collect();
    assert_eq!(shapes["features"], ("FP32", [-1, -1, 64].as_slice()));
    assert_eq!(shapes["audio"], ("BYTES", [-1].as_slice()));
    assert_eq!(shapes["probabilities"], ("FP32", [-1, 8].as_slice()));
    assert_eq!(shapes["logits"], ("FP32", [-1, 8].as_slice()));
    let labels: Vec<String> = serde_json::from_str(&model.properties["labels"]).unwrap();
    assert_eq!(labels, models()[0].labels());
    assert_eq!(model.properties["features.min_frames"], "16");

    let request = wire::ModelMetadataRequest { name: "oracle".into(), version: String::new() };
    assert_eq!(bed.client.model_metadata(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_the_service_and_metrics_count_its_calls() {
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    let mut bed = Bed::new(&[]).await;
    let channel = bed.server.channel().await.unwrap();
    let mut reflection =
        tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(channel);
    let request = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = reflection.server_reflection_info(tokio_stream::iter([request])).await;
    let listed = format!("{:?}", answers.unwrap().into_inner().message().await.unwrap());
    assert!(listed.contains("inference.GRPCInferenceService"), "{listed}");

    let frames = frames_of(&models()[0], &real_speech());
    bed.infer(about_frames("cnn", &frames)).await.unwrap();
    bed.infer(about_frames("oracle", &frames)).await.unwrap_err();
    let (_, metrics) = bed.server.get("/metrics").await.unwrap();
    for line in [
        "undertone_rpc_finished_total{code=\"OK\",method=\"ModelInfer\"} 1",
        "undertone_rpc_finished_total{code=\"NOT_FOUND\",method=\"ModelInfer\"} 1",
        &format!("undertone_batch_items_count{{model=\"{CNN}\"}} 1"),
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}
