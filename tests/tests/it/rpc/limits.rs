//! Limits: what is over one is refused, and says so.

use super::{finals, replies};
use tonic::Code;
use tonic_types::StatusExt;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, real_clip, shipped_clip, stream_of};
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Three seconds in which somebody speaks nearly all the time.
fn speech() -> Vec<f32> {
    let bytes = std::fs::read(real_clip()).unwrap();
    let mut samples = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    samples.truncate(48_000);
    samples
}

fn seconds(duration: Option<&prost_types::Duration>) -> f64 {
    duration.map_or(f64::NAN, |own| own.seconds as f64 + f64::from(own.nanos) * 1e-9)
}

fn end_of(replies: &[Tell]) -> &v1::Ended {
    match replies.last() {
        Some(Tell::Ended(ended)) => ended,
        other => panic!("the last word is Ended, not {other:?}"),
    }
}

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
async fn a_stream_with_as_much_audio_as_allowed_ends_with_answers_to_all_of_it() {
    let server = TestServer::start(&[("recognition.max_audio", "2s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    // However it is cut, all of it is heard.
    for piece in [3200, 5000, 100_000] {
        let asks = stream_of(float_config("cnn"), &float_bytes(&speech()), &[piece]);
        let replies = replies(&mut client, asks).await.unwrap();
        let ended = end_of(&replies);
        assert_eq!(ended.reason(), v1::ended::Reason::Longest);
        assert_eq!(seconds(ended.audio_duration.as_ref()), 2.0);
        let finals = finals(&replies);
        let last = finals.last().expect("somebody speaks at two seconds");
        assert_eq!(last.trigger(), v1::ResultTrigger::EndOfStream);
        assert_eq!(ended.utterances as usize, finals.len());
    }
}

#[tokio::test]
async fn a_recording_longer_than_allowed_is_refused_with_the_limit() {
    let server = TestServer::start(&[("recognition.max_audio", "2s")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let audio = float_bytes(&[0.0; 16_000 * 3]).into();
    let request = v1::RecognizeRequest { config: Some(float_config("cnn")), audio };
    let alone = client.recognize(request).await.unwrap_err();
    // A header that says so is believed before anything is heard.
    let bytes = std::fs::read(shipped_clip()).unwrap();
    let wav = v1::AudioFormat { encoding: v1::AudioEncoding::Wav.into(), ..Default::default() };
    let streamed = v1::RecognitionConfig { audio: Some(wav), ..float_config("cnn") };
    let streamed = replies(&mut client, stream_of(streamed, &bytes, &[3200])).await.unwrap_err();
    for status in [alone, streamed] {
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("longer than the limit of 2 s"), "{}", status.message());
    }
}

#[tokio::test]
async fn a_stream_that_was_open_for_as_long_as_allowed_ends_however_busy_it_is() {
    let server = TestServer::start(&[("recognition.max_duration", "500ms")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    asks.send(ask(Ask::Config(float_config("cnn")))).await.unwrap();
    let speaking = tokio::spawn(async move {
        let piece = float_bytes(&[0.0; 160]);
        // Until nobody listens any more.
        while asks.send(ask(Ask::Audio(v1::Audio { data: piece.clone().into(), sequence: 0 }))).await.is_ok()
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    let mut stream = client.streaming_recognize(stream).await.unwrap().into_inner();
    let mut replies = Vec::new();
    while let Some(reply) = stream.message().await.unwrap() {
        replies.extend(reply.message);
    }
    let Some(Tell::Started(started)) = replies.first() else { panic!("{replies:?}") };
    let limits = started.limits.as_ref().expect("told");
    assert_eq!(seconds(limits.max_duration.as_ref()), 0.5);
    assert_eq!(end_of(&replies).reason(), v1::ended::Reason::Longest);
    speaking.await.unwrap();
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
