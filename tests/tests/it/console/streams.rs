//! `Streams.ListStreams`: what is open, and whose.

use crate::access::{Line, guarded, line, new_key};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use undertone_proto::v1;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use undertone_proto::v1::streams_client::StreamsClient;
use undertone_tests::{TestServer, ask, float_bytes, float_config};
use v1::streaming_recognize_request::Message as Ask;

type Asks = mpsc::Sender<v1::StreamingRecognizeRequest>;

type Replies = tonic::Streaming<v1::StreamingRecognizeResponse>;

/// Opens a stream and keeps it open for as long as both are held.
async fn open(server: &TestServer, model: &str) -> (Asks, Replies) {
    open_with(line(server, None).await, model).await
}

async fn open_with(line: Line, model: &str) -> (Asks, Replies) {
    let (asks, receiver) = mpsc::channel(8);
    let labels = [("channel".to_owned(), "phone".to_owned())].into();
    let config = v1::RecognitionConfig { labels, subject_key: "ann".into(), ..float_config(model) };
    asks.send(ask(Ask::Config(config))).await.unwrap();
    let mut client = RecognizerClient::new(line);
    let mut replies = client.streaming_recognize(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    replies.message().await.unwrap().unwrap();
    (asks, replies)
}

async fn list(server: &TestServer, limit: u32) -> Result<v1::ListStreamsResponse, tonic::Status> {
    let mut client = StreamsClient::new(server.channel().await.unwrap());
    client.list_streams(v1::ListStreamsRequest { limit }).await.map(tonic::Response::into_inner)
}

/// Lists until `wanted` says that it is there.
async fn until(server: &TestServer, wanted: impl Fn(&v1::ListStreamsResponse) -> bool) {
    let asked = async {
        while !wanted(&list(server, 0).await.unwrap()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("the streams come to be so");
}

#[tokio::test]
async fn open_streams_are_listed_the_newest_first_until_they_end() {
    let server = TestServer::start(&[]).await.unwrap();
    assert_eq!(list(&server, 0).await.unwrap(), v1::ListStreamsResponse::default());
    let first = open(&server, "cnn").await;
    let second = open(&server, "lstm").await;
    let listed = list(&server, 0).await.unwrap();
    let models: Vec<_> = listed.streams.iter().map(|own| own.model.clone().unwrap().name).collect();
    assert_eq!((models, listed.open), (vec!["lstm".to_owned(), "cnn".to_owned()], 2));
    let own = &listed.streams[0];
    assert_eq!(
        (own.tenant.as_str(), own.encoding.is_empty(), own.sample_rate_hertz),
        ("default", false, 16_000)
    );
    assert_eq!(own.labels["channel"], "phone");
    assert_eq!(list(&server, 1).await.unwrap().streams.len(), 1);

    // A second of a loud tone is not speech, but it is heard.
    let tone: Vec<f32> = (0..16_000).map(|at| (f64::from(at) * 0.3).sin() as f32 * 0.5).collect();
    let audio = v1::Audio { data: float_bytes(&tone).into(), sequence: 0 };
    second.0.send(ask(Ask::Audio(audio))).await.unwrap();
    drop(second.0);
    until(&server, |listed| listed.open == 1).await;
    assert_eq!(list(&server, 0).await.unwrap().streams[0].model.clone().unwrap().name, "cnn");
    drop(first);
    until(&server, |listed| listed.open == 0).await;
}

#[tokio::test]
async fn more_streams_than_an_answer_holds_are_refused() {
    let server = TestServer::start(&[("grpc.max_listed_streams", "2")]).await.unwrap();
    let refused = list(&server, 3).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    assert!(refused.message().contains("limit: 3 is more than 2"), "{refused}");
    let streams = [open(&server, "cnn").await, open(&server, "cnn").await, open(&server, "cnn").await];
    for (limit, listed) in [(0, 2), (2, 2), (1, 1)] {
        let answer = list(&server, limit).await.unwrap();
        assert_eq!((answer.streams.len(), answer.open as usize), (listed, streams.len()), "{limit}");
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_streams_alone() {
    let server = guarded().await;
    let key = |tenant| new_key(server.data_dir(), &["--tenant", tenant, "--scopes", "admin"]);
    let (acme, other) = (key("acme"), key("other"));
    for key in [&acme, &other] {
        until_known(&server, key).await;
    }
    let stream = open_with(line(&server, Some(&acme)).await, "cnn").await;
    let seen = async |key: &str| {
        let mut client = StreamsClient::new(line(&server, Some(key)).await);
        client.list_streams(v1::ListStreamsRequest::default()).await.unwrap().into_inner()
    };
    let own = seen(&acme).await;
    assert_eq!((own.open, own.streams[0].tenant.as_str()), (1, "acme"));
    assert_eq!(seen(&other).await, v1::ListStreamsResponse::default());
    drop(stream);
}

async fn until_known(server: &TestServer, key: &str) {
    crate::access::until(server, key, tonic::Code::Ok).await;
}
