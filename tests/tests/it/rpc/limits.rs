//! Limits: what is over one is refused, and says so.

use super::replies;
use tonic::Code;
use tonic_types::StatusExt;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, stream_of};
use v1::streaming_recognize_request::Message as Ask;

#[tokio::test]
async fn an_oversized_message_is_refused_and_the_server_goes_on() {
    let server = TestServer::start(&[("grpc.max_message_bytes", "65536")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let request = v1::RecognizeRequest { config: None, audio: vec![0; 100_000].into() };
    let status = client.recognize(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    assert!(status.message().contains("65536"), "{}", status.message());
    let asks = stream_of(float_config("cnn"), &float_bytes(&[0.0; 8000]), &[3200]);
    assert!(replies(&mut client, asks).await.is_ok());
}

#[tokio::test]
async fn a_stream_longer_than_allowed_is_ended_with_the_limit() {
    let server = TestServer::start(&[("recognition.max_audio", "2s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let asks = stream_of(float_config("cnn"), &float_bytes(&[0.0; 16_000 * 3]), &[3200]);
    let status = replies(&mut client, asks).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains('2'), "{}", status.message());
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused_with_a_delay() {
    let server = TestServer::start(&[("engine.max_streams", "1")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(1);
    asks.send(ask(Ask::Config(float_config("cnn")))).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut first = client.streaming_recognize(stream).await.unwrap().into_inner();
    first.message().await.unwrap().expect("Started");
    let status = replies(&mut client.clone(), stream_of(float_config("cnn"), &[], &[])).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    drop(asks);
    while first.message().await.unwrap().is_some() {}
}
