//! Bad input: each gets the promised error, and the server goes on.

use super::{finals, replies};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, stream_of};
use v1::streaming_recognize_request::Message as Ask;

/// A server and a client, and the proof that the server still works.
struct Bench {
    _server: TestServer,
    client: v1::recognizer_client::RecognizerClient<tonic::transport::Channel>,
}

impl Bench {
    async fn new() -> Self {
        let server = TestServer::start(&[]).await.unwrap();
        let client = server.recognizer().await.unwrap();
        Self { _server: server, client }
    }

    /// Sends a recording with its format left to the server.
    async fn recognize(&mut self, audio: &[u8]) -> Result<v1::RecognizeResponse, Status> {
        let request = v1::RecognizeRequest { config: None, audio: audio.to_vec().into() };
        Ok(self.client.recognize(request).await?.into_inner())
    }

    /// The recording is refused as invalid, in words that hold `expected`, and the server goes on.
    async fn refuses(&mut self, audio: &[u8], expected: &str) {
        let status = self.recognize(audio).await.unwrap_err();
        assert_invalid(&status, expected);
        self.still_works().await;
    }

    async fn still_works(&mut self) {
        let clip = std::fs::read(undertone_tests::shipped_clip()).unwrap();
        let response = self.recognize(&clip).await.unwrap();
        assert!(!response.utterances.is_empty());
    }
}

fn assert_invalid(status: &Status, expected: &str) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().contains(expected), "{:?} is missing in {:?}", expected, status.message());
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    assert!(!violations.is_empty(), "the wrong field is named");
}

/// A WAV header for 16-bit mono samples, saying that `data_bytes` follow.
fn wav_header(sample_rate: u32, channels: u16, data_bytes: u32) -> Vec<u8> {
    let mut header = b"RIFF".to_vec();
    header.extend(data_bytes.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    header.extend(channels.to_le_bytes());
    header.extend(sample_rate.to_le_bytes());
    header.extend(sample_rate.wrapping_mul(u32::from(channels) * 2).to_le_bytes());
    header.extend(channels.wrapping_mul(2).to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    header
}

#[tokio::test]
async fn an_empty_file_is_named_empty() {
    Bench::new().await.refuses(b"", "empty").await;
}

#[tokio::test]
async fn a_truncated_wav_says_how_much_is_missing() {
    let mut wav = wav_header(16_000, 1, 32_000);
    wav.extend([0; 1000]);
    Bench::new().await.refuses(&wav, "32000").await;
}

#[tokio::test]
async fn a_wav_with_absurd_sizes_is_refused() {
    let mut bench = Bench::new().await;
    bench.refuses(&wav_header(16_000, 0, 100), "channel").await;
    bench.refuses(&wav_header(16_000, 65_535, 100), "channel").await;
    bench.refuses(&wav_header(1_000_000_000, 1, 100), "1000000000").await;
    bench.refuses(&wav_header(16_000, 1, 0xFFFF_FFF0), "longer than the limit").await;
}

#[tokio::test]
async fn a_text_file_is_no_audio() {
    Bench::new().await.refuses(b"Dear diary, today I was angry.", "neither WAV, FLAC nor Ogg Opus").await;
}

#[tokio::test]
async fn one_sample_and_silence_give_no_utterance_and_no_error() {
    let mut bench = Bench::new().await;
    let mut one_sample = wav_header(16_000, 1, 2);
    one_sample.extend([1, 0]);
    assert!(bench.recognize(&one_sample).await.unwrap().utterances.is_empty());
    let mut silence = wav_header(16_000, 1, 64_000);
    silence.extend([0; 64_000]);
    assert!(bench.recognize(&silence).await.unwrap().utterances.is_empty());
    bench.still_works().await;
}

#[tokio::test]
async fn a_sample_that_is_not_a_number_is_named_with_its_place() {
    let mut bench = Bench::new().await;
    let mut samples = vec![0.1; 1000];
    samples[700] = f32::NAN;
    let asks = stream_of(float_config("cnn"), &float_bytes(&samples), &[333]);
    let status = replies(&mut bench.client, asks).await.unwrap_err();
    assert_invalid(&status, "700");
    bench.still_works().await;
}

#[tokio::test]
async fn the_configuration_comes_first_and_once() {
    let mut bench = Bench::new().await;
    let audio = ask(Ask::Audio(v1::Audio { data: vec![0; 4].into(), sequence: 0 }));
    let config = ask(Ask::Config(float_config("cnn")));
    let status = replies(&mut bench.client, vec![audio.clone()]).await.unwrap_err();
    assert_invalid(&status, "before the configuration");
    let status = replies(&mut bench.client, vec![config.clone(), audio, config]).await.unwrap_err();
    assert_invalid(&status, "second configuration");
    let status = replies(&mut bench.client, vec![]).await.unwrap_err();
    assert_invalid(&status, "first message must be a configuration");
    bench.still_works().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_together() {
    let mut bench = Bench::new().await;
    let mut config = float_config("cnn");
    config.audio.as_mut().unwrap().sample_rate_hertz = 96_000;
    config.interim_hop = Some(prost_types::Duration { seconds: 0, nanos: 1 });
    config.hysteresis = f32::NAN;
    config.endpointing = Some(v1::Endpointing { threshold: Some(7.0), ..v1::Endpointing::default() });
    config.labels = (0..100).map(|index| (index.to_string(), String::new())).collect();
    config.subject_key = "x".repeat(1000);
    let status = replies(&mut bench.client, stream_of(config, &[], &[])).await.unwrap_err();
    assert_invalid(&status, "96000");
    let details = status.get_error_details();
    let fields: Vec<&str> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "config.audio.sample_rate_hertz",
            "config.interim_hop",
            "config.endpointing",
            "config.hysteresis",
            "config.labels",
            "config.subject_key"
        ]
    );
    bench.still_works().await;
}

#[tokio::test]
async fn text_that_no_database_takes_is_refused() {
    let mut bench = Bench::new().await;
    let labelled = |key: &str, value: &str| v1::RecognitionConfig {
        labels: [(key.to_owned(), value.to_owned())].into(),
        ..float_config("cnn")
    };
    let keyed = v1::RecognitionConfig { subject_key: "a\0b".to_owned(), ..float_config("cnn") };
    for config in [labelled("team", "a\0b"), labelled("te\0am", "a"), keyed] {
        let status = replies(&mut bench.client, stream_of(config, &[], &[])).await.unwrap_err();
        assert_invalid(&status, "NUL character");
    }
    bench.still_works().await;
}

#[tokio::test]
async fn an_interim_hop_longer_than_any_stream_is_refused() {
    let mut bench = Bench::new().await;
    let interim_hop = Some(prost_types::Duration { seconds: i64::MAX, nanos: 0 });
    let config = v1::RecognitionConfig { interim_results: true, interim_hop, ..float_config("cnn") };
    let status = replies(&mut bench.client, stream_of(config, &[], &[])).await.unwrap_err();
    assert_invalid(&status, "config.interim_hop");
    bench.still_works().await;
}

#[tokio::test]
async fn raw_audio_needs_its_rate_and_a_stream_its_encoding() {
    let mut bench = Bench::new().await;
    let status =
        replies(&mut bench.client, stream_of(v1::RecognitionConfig::default(), &[], &[])).await.unwrap_err();
    assert_invalid(&status, "encoding");
    let mut config = float_config("cnn");
    config.audio.as_mut().unwrap().sample_rate_hertz = 0;
    let status = replies(&mut bench.client, stream_of(config, &[], &[])).await.unwrap_err();
    assert_invalid(&status, "sample rate");
}

#[tokio::test]
async fn an_unknown_model_is_not_found_and_the_known_ones_are_named() {
    let mut bench = Bench::new().await;
    let status = replies(&mut bench.client, stream_of(float_config("oracle"), &[], &[])).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains("oracle") && status.message().contains("cnn"), "{}", status.message());
    assert_eq!(status.get_error_details().resource_info().unwrap().resource_name, "oracle");
    bench.still_works().await;
}

#[tokio::test]
async fn a_stream_that_fails_keeps_the_results_it_got_before() {
    let mut bench = Bench::new().await;
    let clip = std::fs::read(undertone_tests::shipped_clip()).unwrap();
    let speech = undertone_audio::read_all(&clip, None, undertone_audio::AudioLimits::default()).unwrap();
    let mut audio = float_bytes(&[speech.as_slice(), &[0.0; 32_000]].concat());
    audio.extend(f32::INFINITY.to_le_bytes());
    let asks = stream_of(float_config("cnn"), &audio, &[3200]);
    let mut stream = bench.client.streaming_recognize(tokio_stream::iter(asks)).await.unwrap().into_inner();
    let mut before = Vec::new();
    let status = loop {
        match stream.message().await {
            Ok(reply) => before.extend(reply.and_then(|reply| reply.message)),
            Err(status) => break status,
        }
    };
    assert_invalid(&status, "is inf, not a number");
    assert!(!finals(&before).is_empty(), "the utterances before the mistake were answered");
}
