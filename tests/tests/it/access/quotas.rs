//! How much a key may use.

use super::{guarded, line, new_key, recognizer, recording, until};
use tonic::Code;
use tonic_types::StatusExt;
use undertone_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use undertone_proto::inference::model_infer_request::InferInputTensor;
use undertone_proto::inference::{InferTensorContents, ModelInferRequest};
use undertone_proto::v1::streaming_recognize_request::Message;
use undertone_tests::{TestServer, ask, float_config};

/// Of a key that may look at the metrics, too.
const SCOPES: &str = "recognize,analytics";

async fn assert_counted((server, key): (&TestServer, &str), reason: &str) {
    let header = format!("Authorization: Bearer {key}\r\n");
    let (_, metrics) = server.get_with("/metrics", &header).await.unwrap();
    let counted = format!("undertone_calls_refused_total{{reason=\"{reason}\"}} 1");
    assert!(metrics.contains(&counted), "{counted} is missing in {metrics}");
}

#[tokio::test]
async fn a_key_has_as_many_streams_at_a_time_as_it_was_given() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--max-streams", "1", "--scopes", SCOPES]);
    until(&server, &key, Code::Ok).await;
    let mut client = recognizer(&server, &key).await;
    let (asks, receiver) = tokio::sync::mpsc::channel(4);
    asks.send(ask(Message::Config(float_config("")))).await.unwrap();
    let receiver = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut replies = client.streaming_recognize(receiver).await.unwrap().into_inner();
    replies.message().await.unwrap().expect("the stream has begun");

    let refusal = client.recognize(recording()).await.unwrap_err();
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    assert!(refusal.get_error_details().retry_info().is_some());
    assert_counted((&server, &key), "too_many_streams").await;

    drop(asks);
    while replies.message().await.unwrap().is_some() {}
    drop(replies);
    // The place is free once the server's task is over.
    let answered = async { while client.recognize(recording()).await.is_err() {} };
    tokio::time::timeout(std::time::Duration::from_secs(60), answered)
        .await
        .expect("the place is free again");
}

#[tokio::test]
async fn a_key_that_has_used_up_its_audio_waits_as_long_as_it_is_told() {
    let server = guarded().await;
    // The recording has about ten seconds.
    let key = new_key(server.data_dir(), &["--audio-seconds-per-minute", "6", "--scopes", SCOPES]);
    until(&server, &key, Code::Ok).await;
    let mut client = recognizer(&server, &key).await;
    client.recognize(recording()).await.expect("audio is paid afterwards");
    let refusal = client.recognize(recording()).await.unwrap_err();
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    let delay = refusal.get_error_details().retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!((20..=60).contains(&delay.as_secs()), "{delay:?}");
    assert_counted((&server, &key), "audio_spent").await;
    let other = new_key(server.data_dir(), &[]);
    until(&server, &other, Code::Ok).await;
    recognizer(&server, &other).await.recognize(recording()).await.expect("others are not concerned");
}

#[tokio::test]
async fn frames_that_a_client_made_count_as_the_audio_that_they_stand_for() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--audio-seconds-per-minute", "6"]);
    until(&server, &key, Code::Ok).await;
    let mut client = GrpcInferenceServiceClient::new(line(&server, Some(&key)).await);
    // Ten seconds: a frame each 10 ms.
    let (frames, width) = (1000, 64);
    let contents = InferTensorContents { fp32_contents: vec![0.0; frames * width], ..Default::default() };
    let tensor = InferInputTensor {
        name: "features".into(),
        datatype: "FP32".into(),
        shape: vec![1, frames as i64, width as i64],
        contents: Some(contents),
        ..Default::default()
    };
    let asked = ModelInferRequest { model_name: "cnn".into(), inputs: vec![tensor], ..Default::default() };
    client.model_infer(asked.clone()).await.expect("it is paid afterwards");
    let refusal = client.model_infer(asked).await.unwrap_err();
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    assert!(refusal.get_error_details().retry_info().is_some());
}
