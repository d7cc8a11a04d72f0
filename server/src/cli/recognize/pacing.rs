//! Sends a recording, in real time or as fast as it is taken.

use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use v1::streaming_recognize_request::Message as Ask;

/// Audio per message.
const CHUNK: Duration = Duration::from_millis(100);
const SAMPLE_BYTES: u64 = size_of::<f32>() as u64;

/// How fast a recording is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As if it were being spoken.
    RealTime,
    /// As fast as it is taken.
    AsFastAsTaken,
}

/// A recording, decoded here and sent as 16 kHz float samples, which loses nothing.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) samples: Vec<f32>,
    pub(super) pace: Pace,
    /// When its first sample was spoken.
    pub(super) begun: Instant,
}

impl Recording {
    /// What is said of its audio.
    pub(super) fn format() -> v1::AudioFormat {
        v1::AudioFormat {
            encoding: v1::AudioEncoding::Float32.into(),
            sample_rate_hertz: PIPELINE_RATE.hz(),
            channels: 1,
        }
    }

    /// Sends `config`, then the audio from byte `from` on. What was spoken already goes at once.
    pub(super) async fn send(
        &self,
        asks: mpsc::Sender<v1::StreamingRecognizeRequest>,
        config: v1::RecognitionConfig,
        from: u64,
    ) {
        let ask = |message| v1::StreamingRecognizeRequest { message: Some(message) };
        if asks.send(ask(Ask::Config(config))).await.is_err() {
            return;
        }
        let first = usize::try_from(from / SAMPLE_BYTES).unwrap_or(usize::MAX).min(self.samples.len());
        let mut spoken = first as u64;
        let chunk_samples = PIPELINE_RATE.samples_in(CHUNK) as usize;
        for (sequence, chunk) in (1..).zip(self.samples[first..].chunks(chunk_samples)) {
            spoken += chunk.len() as u64;
            if self.pace == Pace::RealTime {
                tokio::time::sleep_until(self.begun + PIPELINE_RATE.duration_of(spoken)).await;
            }
            let data: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let audio = v1::Audio { data: data.into(), sequence };
            // The replies tell why a stream ended early.
            if asks.send(ask(Ask::Audio(audio))).await.is_err() {
                return;
            }
        }
    }
}
