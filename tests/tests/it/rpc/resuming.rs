//! Streams that break off and are taken up again: no utterance is lost, none is doubled.

use std::sync::LazyLock;
use tonic::Code;
use tonic::transport::Channel;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_store::JournalReader;
use undertone_tests::{
    CNN, PersistentStream, TestServer, ask, float_bytes, float_config, real_clip, stream_of,
};
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Voice detection that was tuned for a second only may see an edge some of its frames of 16 ms elsewhere.
const EDGE_SECONDS: f64 = 0.1;

/// A real clip four times, with a second and a half of silence between.
static SPEECH: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let bytes = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    float_bytes(&[clip, vec![0.0; 24_000]].concat().repeat(4))
});

fn resumable(model: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig { resumable: true, ..float_config(model) }
}

/// The first token of a new stream.
async fn token_of(server: &TestServer) -> String {
    let asks = tokio_stream::iter([ask(Ask::Config(resumable("cnn")))]);
    let mut client = server.recognizer().await.unwrap();
    let mut replies = client.streaming_recognize(asks).await.unwrap().into_inner();
    started(&mut replies).await.acknowledgement.unwrap().resume_token
}

async fn started(replies: &mut tonic::Streaming<v1::StreamingRecognizeResponse>) -> v1::Started {
    match replies.message().await.unwrap().unwrap().message {
        Some(Tell::Started(started)) => started,
        other => panic!("a stream starts with Started, not {other:?}"),
    }
}

async fn unbroken(client: &mut RecognizerClient<Channel>, model: &str) -> Vec<v1::Result> {
    let mut stream = PersistentStream::new(float_config(model));
    assert!(stream.go_on(client, &SPEECH).await.unwrap());
    stream.finals
}

fn assert_same_utterances(broken: &[v1::Result], unbroken: &[v1::Result]) {
    let numbers = |finals: &[v1::Result]| finals.iter().map(|own| own.utterance).collect::<Vec<_>>();
    assert_eq!(numbers(broken), numbers(unbroken));
    let seconds = |at: &Option<prost_types::Duration>| {
        at.as_ref().map_or(f64::NAN, |at| at.seconds as f64 + f64::from(at.nanos) * 1e-9)
    };
    for (one, other) in broken.iter().zip(unbroken) {
        for (left, right) in [(&one.start, &other.start), (&one.end, &other.end)] {
            assert!((seconds(left) - seconds(right)).abs() < EDGE_SECONDS, "{left:?} {right:?}");
        }
        assert_eq!(one.top, other.top);
    }
}

async fn stored_utterances(journal: &std::path::Path, stream: &str) -> Vec<u32> {
    let journal = JournalReader::open(journal).await.unwrap();
    let rows = journal.recent_predictions(1000).await.unwrap();
    let own = rows.iter().filter(|row| row.stream_id.to_string() == stream);
    let mut numbers: Vec<u32> = own.map(|row| row.utterance).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_broken_connection_loses_and_doubles_no_utterance() {
    let server = TestServer::start(&[]).await.unwrap();
    for model in ["cnn", "lstm"] {
        let all = unbroken(&mut server.recognizer().await.unwrap(), model).await;
        assert!(all.len() >= 4, "{}", all.len());
        for heard in [1, 2, 3] {
            // A connection of its own, which is gone when the client is.
            let mut client = server.recognizer().await.unwrap();
            let mut kept = PersistentStream::default();
            let (asks, receiver) = tokio::sync::mpsc::channel(1024);
            // Cut within the utterance behind the last one that is waited for.
            let cut = SPEECH.len() * (2 * heard + 1) / 8 / 4 * 4;
            for message in stream_of(resumable(model), &SPEECH[..cut], &[6400]) {
                asks.send(message).await.unwrap();
            }
            let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
            let mut replies = client.streaming_recognize(stream).await.unwrap().into_inner();
            kept.listen(&mut replies, heard).await.unwrap();
            drop((replies, asks, client));
            let position = kept.acknowledged.audio_bytes as usize;
            assert!(0 < position && position < cut, "{position} of {cut}");
            assert!(kept.go_on(&mut server.recognizer().await.unwrap(), &SPEECH).await.unwrap());
            assert_same_utterances(&kept.finals, &all);
        }
    }
    let metrics = server.get("/metrics").await.unwrap().1;
    assert!(metrics.contains(&format!("undertone_streams_resumed_total{{model=\"{CNN}\"}} 3")), "{metrics}");
}

#[tokio::test]
async fn a_drained_stream_goes_on_at_another_server_with_the_same_key() {
    let key = ("resume.key", "a secret of both");
    let first = TestServer::start(&[key]).await.unwrap();
    let second = TestServer::start(&[key]).await.unwrap();
    let all = unbroken(&mut second.recognizer().await.unwrap(), "cnn").await;
    let mut client = first.recognizer().await.unwrap();
    let mut kept = PersistentStream::default();
    let (asks, receiver) = tokio::sync::mpsc::channel(1024);
    for message in stream_of(resumable("cnn"), &SPEECH[..SPEECH.len() * 5 / 8 / 4 * 4], &[6400]) {
        asks.send(message).await.unwrap();
    }
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut replies = client.streaming_recognize(stream).await.unwrap().into_inner();
    kept.listen(&mut replies, 2).await.unwrap();
    let stopped = tokio::spawn(first.stop());
    assert!(!kept.listen(&mut replies, usize::MAX).await.unwrap());
    drop((replies, asks, client));
    let before = kept.finals.len();
    assert!(kept.go_on(&mut second.recognizer().await.unwrap(), &SPEECH).await.unwrap());
    assert_same_utterances(&kept.finals, &all);

    let data = stopped.await.unwrap().unwrap();
    let mut stored = stored_utterances(data.path(), &kept.id).await;
    assert_eq!(stored.len(), before, "what the first server told it had recorded");
    stored.extend(stored_utterances(second.data_dir(), &kept.id).await);
    assert_eq!(stored, kept.finals.iter().map(|own| own.utterance).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_utterance_that_is_answered_again_is_stored_once() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let mut heard = PersistentStream::new(float_config("cnn"));
    let token = heard.go_on(&mut client, &[]).await.map(|_| heard.acknowledged.clone()).unwrap();
    assert!(heard.go_on(&mut client, &SPEECH).await.unwrap());
    // The client has lost everything but the first token.
    let mut kept = PersistentStream::new(heard.config.clone());
    kept.acknowledged = token;
    assert!(kept.go_on(&mut client, &SPEECH).await.unwrap());
    let ids = |finals: &[v1::Result]| finals.iter().map(|own| own.prediction_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&kept.finals), ids(&heard.finals));
    let stored = stored_utterances(server.data_dir(), &heard.id).await;
    assert_eq!(stored.len(), heard.finals.len());
}

#[tokio::test]
async fn a_token_that_cannot_be_used_is_refused_with_its_reason() {
    let server = TestServer::start(&[("resume.within", "0s")]).await.unwrap();
    let other = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let old = token_of(&server).await;
    let foreign = token_of(&other).await;
    let mut refusal = async |config: v1::RecognitionConfig| {
        let asks = tokio_stream::iter([ask(Ask::Config(config))]);
        let status = client.streaming_recognize(asks).await.expect_err("it must be refused");
        assert_eq!(status.code(), Code::InvalidArgument);
        status.message().to_owned()
    };
    let with = |resume_token: &str, model: &str| v1::RecognitionConfig {
        resume_token: resume_token.into(),
        ..resumable(model)
    };
    let sentence = refusal(with(&old, "lstm")).await;
    assert!(sentence.contains("config.resume_token: it belongs to a stream with another"), "{sentence}");
    let sentence = refusal(with(&foreign, "cnn")).await;
    assert!(sentence.contains("it is not a token of this server"), "{sentence}");
    let sentence = refusal(with(&old, "cnn")).await;
    assert!(sentence.contains("it is older than"), "{sentence}");
    let mut container = resumable("cnn");
    container.audio =
        Some(v1::AudioFormat { encoding: v1::AudioEncoding::Flac.into(), ..Default::default() });
    let sentence = refusal(container).await;
    assert!(sentence.contains("config.resumable: a container cannot be taken up"), "{sentence}");
}

#[tokio::test]
async fn a_client_that_is_muted_for_long_can_still_come_back() {
    let server = TestServer::start(&[("resume.within", "2s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    asks.send(ask(Ask::Config(resumable("cnn")))).await.unwrap();
    let mut replies = client.streaming_recognize(stream).await.unwrap().into_inner();
    let first = started(&mut replies).await.acknowledgement.unwrap();
    let keepalive = v1::Control { action: Some(v1::control::Action::Keepalive(v1::Keepalive {})) };
    let begun = std::time::Instant::now();
    let mut latest = first.clone();
    // Longer than a token is good for.
    while begun.elapsed() < std::time::Duration::from_secs(3) {
        asks.send(ask(Ask::Control(keepalive))).await.unwrap();
        let soon = std::time::Duration::from_millis(100);
        while let Ok(reply) = tokio::time::timeout(soon, replies.message()).await {
            let Some(Tell::Acknowledgement(own)) = reply.unwrap().unwrap().message else {
                panic!("no audio")
            };
            latest = own;
        }
    }
    assert_eq!((latest.audio_bytes, latest.audio), (first.audio_bytes, first.audio));
    let mut take_up = async |token: &str| {
        let config = v1::RecognitionConfig { resume_token: token.into(), ..resumable("cnn") };
        client.streaming_recognize(tokio_stream::iter([ask(Ask::Config(config))])).await
    };
    let refusal = take_up(&first.resume_token).await.expect_err("it has grown old");
    assert!(refusal.message().contains("it is older than 2 s"), "{}", refusal.message());
    take_up(&latest.resume_token).await.expect("it is new");
}

#[tokio::test]
async fn a_stream_that_is_taken_up_again_does_not_begin_anew_by_the_clock() {
    let server = TestServer::start(&[("recognition.max_duration", "1s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let token = token_of(&server).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let config = v1::RecognitionConfig { resume_token: token, ..resumable("cnn") };
    // It would stay open for the idle timeout.
    let (asks, receiver) = tokio::sync::mpsc::channel(1);
    asks.send(ask(Ask::Config(config))).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut replies = client.streaming_recognize(stream).await.unwrap().into_inner();
    started(&mut replies).await;
    let Some(Tell::Ended(ended)) = replies.message().await.unwrap().unwrap().message else {
        panic!("it is over")
    };
    assert_eq!(ended.reason(), v1::ended::Reason::Longest);
}
