//! Requests that tests send.

use undertone_proto::v1;
use v1::streaming_recognize_request::Message;

/// A configuration for 16 kHz mono float samples.
pub fn float_config(model: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig {
        audio: Some(v1::AudioFormat {
            encoding: v1::AudioEncoding::Float32.into(),
            sample_rate_hertz: 16_000,
            channels: 1,
        }),
        model: model.into(),
        ..v1::RecognitionConfig::default()
    }
}

/// A message of a stream.
pub fn ask(message: Message) -> v1::StreamingRecognizeRequest {
    v1::StreamingRecognizeRequest { message: Some(message) }
}

/// A configuration, then `audio` cut into `pieces` bytes each (the last one is repeated as needed).
pub fn stream_of(
    config: v1::RecognitionConfig,
    audio: &[u8],
    pieces: &[usize],
) -> Vec<v1::StreamingRecognizeRequest> {
    let mut asks = vec![ask(Message::Config(config))];
    let mut rest = audio;
    let mut pieces = pieces.iter().copied().chain(std::iter::repeat(pieces.last().copied().unwrap_or(3200)));
    while !rest.is_empty() {
        let (data, later) = rest.split_at(pieces.next().unwrap_or(3200).clamp(1, rest.len()));
        asks.push(ask(Message::Audio(v1::Audio { data: data.to_vec().into(), sequence: 0 })));
        rest = later;
    }
    asks
}

/// Samples as FLOAT32 bytes.
pub fn float_bytes(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}
