//! Wrong frames, wrong messages, wrong pages: a code, a status, and a server that goes on.

use super::client::{Client, Heard};
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tonic::Code;
use tonic_types::pb;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_config};
use v1::streaming_recognize_request::Message as Ask;

async fn told_for(server: &TestServer, frames: Vec<Message>) -> Heard {
    let mut client = Client::open(server, &[]).await.unwrap();
    for frame in frames {
        client.send_frame(frame).await;
    }
    client.listen().await
}

fn binary(message: Ask) -> Message {
    Message::Binary(ask(message).encode_to_vec().into())
}

fn config() -> Message {
    binary(Ask::Config(float_config("cnn")))
}

fn audio(data: Vec<u8>) -> Message {
    binary(Ask::Audio(v1::Audio { data: data.into(), sequence: 0 }))
}

#[track_caller]
fn assert_failed(heard: &Heard, code: Code, expected: &str) {
    let status = heard.status();
    assert_eq!(status.code, code as i32, "{}", status.message);
    assert!(status.message.contains(expected), "{expected:?} is missing in {:?}", status.message);
    let close = heard.close.as_ref().map(|(code, _)| *code);
    assert_eq!(close, Some(4000 + code as u16));
    assert_eq!(heard.failure.as_ref().unwrap()["name"], heard.close.as_ref().unwrap().1);
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_a_code_and_a_status() {
    let server = TestServer::start(&[]).await.unwrap();
    let garbage = Message::Binary(vec![0xff; 64].into());
    let text = Message::Text("hello".into());
    let empty = Message::Binary(Vec::new().into());
    for (frames, expected) in [
        (vec![garbage.clone()], "a frame is no StreamingRecognizeRequest"),
        (vec![text.clone()], "a text frame came"),
        (vec![empty], "the first message must be a configuration"),
        (vec![audio(vec![0; 4])], "audio came before the configuration"),
        (vec![config(), garbage], "a frame is no StreamingRecognizeRequest"),
        (vec![config(), text], "a text frame came"),
        (vec![config(), config()], "a second configuration came"),
        (vec![config(), audio(f32::NAN.to_le_bytes().to_vec())], "is NaN"),
    ] {
        assert_failed(&told_for(&server, frames).await, Code::InvalidArgument, expected);
    }
    let heard = told_for(&server, vec![binary(Ask::Config(float_config("oracle")))]).await;
    assert_failed(&heard, Code::NotFound, "oracle");
}

#[tokio::test]
async fn the_details_are_those_of_grpc() {
    let server = TestServer::start(&[("engine.max_streams", "1")]).await.unwrap();
    let wrong = v1::RecognitionConfig { hysteresis: 2.0, ..float_config("cnn") };
    let asks = tokio_stream::iter([ask(Ask::Config(wrong.clone()))]);
    let mut client = server.recognizer().await.unwrap();
    let expected = client.streaming_recognize(asks).await.expect_err("it is wrong");
    let heard = told_for(&server, vec![binary(Ask::Config(wrong))]).await;
    assert_eq!(heard.status(), pb::Status::decode(expected.details()).unwrap());

    let mut first = Client::open(&server, &[]).await.unwrap();
    first.send(&ask(Ask::Config(float_config("cnn")))).await;
    first.next().await;
    let heard = told_for(&server, vec![config()]).await;
    assert_failed(&heard, Code::ResourceExhausted, "");
    assert!(heard.status().details.iter().any(|own| own.type_url.ends_with("google.rpc.RetryInfo")));
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused_and_one_at_it_is_taken() {
    let server = TestServer::start(&[("grpc.max_message_bytes", "4096")]).await.unwrap();
    let around = audio(vec![0; 4000]).into_data().len() - 4000;
    let largest = audio(vec![0; (4096 - around) / 4 * 4]);
    assert!(largest.len() <= 4096);
    let heard = told_for(&server, vec![config(), largest, audio(vec![0; 5000])]).await;
    assert_failed(&heard, Code::OutOfRange, "at most 4096 are taken");
    // One that is far larger is not even read; the server goes on without it.
    let heard = told_for(&server, vec![config(), audio(vec![0; 1 << 20])]).await;
    assert!(heard.finals().is_empty());
    assert_ne!(heard.close.map(|(code, _)| code), Some(1000));
    let heard = told_for(&server, vec![config(), config()]).await;
    assert_failed(&heard, Code::InvalidArgument, "a second configuration");
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_listed_ones_are_not() {
    let server = TestServer::start(&[("http.allowed_origins", "https://app.example")]).await.unwrap();
    let open = async |origin: &str| Client::open(&server, &[("origin", origin)]).await.err();
    let own = format!("http://{}", server.http_address());
    assert_eq!(open("https://app.example").await, None);
    assert_eq!(open(&own).await, None);
    for origin in ["https://evil.example", "null", "http://app.example", "http://127.0.0.1:1"] {
        assert_eq!(open(origin).await, Some(StatusCode::FORBIDDEN), "{origin}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_is_told_so() {
    let server = TestServer::start(&[]).await.unwrap();
    let (status, _) = server.get("/v1/stream").await.unwrap();
    assert!(status.contains("400") || status.contains("426"), "{status}");
}
