//! A stream over a WebSocket is the stream over gRPC.

use super::client::Client;
use tokio_stream::StreamExt;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, real_clip, stream_of};
use v1::control::Action;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

fn speech() -> Vec<u8> {
    let bytes = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    float_bytes(&[clip, vec![0.0; 24_000]].concat().repeat(2))
}

fn finish() -> v1::StreamingRecognizeRequest {
    ask(Ask::Control(v1::Control { action: Some(Action::Finish(v1::Finish {})) }))
}

fn with_updates() -> v1::RecognitionConfig {
    v1::RecognitionConfig { interim_results: true, ..float_config("cnn") }
}

async fn over_grpc(server: &TestServer, asks: Vec<v1::StreamingRecognizeRequest>) -> Vec<Tell> {
    let mut client = server.recognizer().await.unwrap();
    let replies = client.streaming_recognize(tokio_stream::iter(asks)).await.unwrap().into_inner();
    replies.map(|reply| reply.unwrap().message.unwrap()).collect().await
}

/// What does not hang on the clock or on the stream's identifier.
fn told(tells: &[Tell]) -> Vec<Tell> {
    let told = tells.iter().cloned().map(|tell| match tell {
        Tell::Started(started) => Tell::Started(v1::Started { stream_id: String::new(), ..started }),
        Tell::Result(result) => {
            Tell::Result(v1::Result { prediction_id: String::new(), time_parts: None, ..result })
        }
        other => other,
    });
    told.collect()
}

#[tokio::test]
async fn a_stream_tells_the_same_as_over_grpc_however_it_is_cut() {
    let server = TestServer::start(&[]).await.unwrap();
    let speech = speech();
    let asks = |pieces: &[usize]| {
        let mut asks = stream_of(with_updates(), &speech, pieces);
        asks.push(finish());
        asks
    };
    let expected = told(&over_grpc(&server, asks(&[6400])).await);
    assert!(expected.len() > 8, "{}", expected.len());
    for pieces in [&[6400][..], &[1, 3, 99_999, 517][..], &[400_000][..]] {
        let client = Client::open(&server, &[]).await.unwrap();
        let heard = client.converse(asks(pieces)).await;
        assert_eq!(heard.close, Some((1000, String::new())));
        assert!(heard.failure.is_none());
        assert_eq!(told(&heard.tells), expected);
    }
}

#[tokio::test]
async fn a_client_may_ask_for_the_protocol_by_its_name() {
    let server = TestServer::start(&[]).await.unwrap();
    let offered = [("sec-websocket-protocol", "undertone.v1, undertone.key.c2VjcmV0")];
    let client = Client::open(&server, &offered).await.unwrap();
    assert_eq!(client.protocol.as_deref(), Some("undertone.v1"), "and a key is not repeated");
    assert_eq!(Client::open(&server, &[]).await.unwrap().protocol, None);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_stream_as_one_over_grpc_does() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = Client::open(&server, &[]).await.unwrap();
    client.send(&ask(Ask::Config(float_config("cnn")))).await;
    assert!(matches!(client.next().await, Tell::Started(_)));
    drop(client);
    let counted = async |name: &str, word: &str| {
        let (_, metrics) = server.get("/metrics").await.unwrap();
        let mut lines = metrics.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0"));
        lines.any(|line| line.contains(name) && line.contains(word))
    };
    while !counted("StreamingRecognize", "CANCELLED").await {}
    while !counted("streams_closed_total", "cancelled").await {}
    assert!(!counted("streams_closed_total", "finished").await);
}

#[tokio::test]
async fn a_close_is_answered_with_a_close() {
    let server = TestServer::start(&[]).await.unwrap();
    for asks in [Vec::new(), vec![ask(Ask::Config(float_config("cnn")))]] {
        let mut client = Client::open(&server, &[]).await.unwrap();
        for message in &asks {
            client.send(message).await;
        }
        client.close().await;
        assert_eq!(client.listen().await.close, Some((1000, String::new())), "{} messages", asks.len());
    }
}

#[tokio::test]
async fn a_server_that_stops_answers_what_it_heard_and_says_goodbye() {
    let key = ("resume.key", "a secret of both");
    let server = TestServer::start(&[key]).await.unwrap();
    let next = TestServer::start(&[key]).await.unwrap();
    let speech = speech();
    let resumable = v1::RecognitionConfig { resumable: true, ..float_config("cnn") };
    let whole = told(&over_grpc(&next, stream_of(resumable.clone(), &speech, &[6400])).await);
    let mut client = Client::open(&server, &[]).await.unwrap();
    // The first half of the stream is the first clip and its silence.
    for message in stream_of(resumable.clone(), &speech[..speech.len() / 2], &[6400]) {
        client.send(&message).await;
    }
    let mut first = None;
    while first.is_none() {
        first = Some(client.next().await).filter(|tell| matches!(tell, Tell::Result(_)));
    }
    let stopped = tokio::spawn(server.stop());
    let heard = client.listen().await;
    stopped.await.unwrap().unwrap();
    let Some(Tell::Ended(ended)) = heard.tells.last() else { panic!("{heard:?}") };
    assert_eq!(ended.reason(), v1::ended::Reason::Drained);
    assert_eq!(heard.close, Some((1000, String::new())));

    let acknowledged = ended.acknowledgement.clone().unwrap();
    let config = v1::RecognitionConfig { resume_token: acknowledged.resume_token, ..resumable };
    let mut asks = stream_of(config, &speech[acknowledged.audio_bytes as usize..], &[6400]);
    asks.push(finish());
    let heard = Client::open(&next, &[]).await.unwrap().converse(asks).await;
    let utterances = |tells: &[Tell]| -> Vec<u32> {
        let finals = tells.iter().filter_map(|tell| match tell {
            Tell::Result(result) if result.is_final => Some(result.utterance),
            _ => None,
        });
        finals.collect()
    };
    let all = [utterances(&first.into_iter().collect::<Vec<_>>()), utterances(&heard.tells)].concat();
    assert_eq!(all, utterances(&whole));
}

#[tokio::test]
async fn a_silent_connection_is_asked_whether_it_lives() {
    let server = TestServer::start(&[("grpc.keepalive_interval", "20ms")]).await.unwrap();
    let mut client = Client::open(&server, &[]).await.unwrap();
    assert!(client.is_pinged().await);
}

#[tokio::test]
async fn an_idle_stream_ends_after_the_idle_timeout() {
    let server = TestServer::start(&[("recognition.idle_timeout", "200ms")]).await.unwrap();
    let mut client = Client::open(&server, &[]).await.unwrap();
    client.send(&ask(Ask::Config(float_config("cnn")))).await;
    let heard = client.listen().await;
    let Some(Tell::Ended(ended)) = heard.tells.last() else { panic!("{heard:?}") };
    assert_eq!(ended.reason(), v1::ended::Reason::IdleTimeout);
    // Nor does one that says nothing at all stay.
    let heard = Client::open(&server, &[]).await.unwrap().listen().await;
    assert_eq!(heard.close, Some((4004, "DEADLINE_EXCEEDED".to_owned())));
}
