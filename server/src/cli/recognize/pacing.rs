//! Streams a recording, in real time or as fast as it is taken, and watches the replies.

use crate::cli::console::{say, say_part};
use crate::cli::recognizer::{Recognizer, sentence};
use crate::report::{FileReport, Palette, text};
use anyhow::anyhow;
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use undertone_audio::AudioLimits;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Audio per message.
const CHUNK: Duration = Duration::from_millis(100);
/// Messages that wait for the transport; then sending waits.
const ASK_QUEUE: usize = 4;

/// How fast a recording is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As if it were being spoken.
    RealTime,
    /// As fast as it is taken.
    AsFastAsTaken,
}

/// How a stream is sent and shown.
pub(super) struct Showing {
    /// The recording's name.
    pub(super) name: String,
    pub(super) pace: Pace,
    /// Whether updates are shown as they come.
    pub(super) watch: bool,
}

/// Streams `bytes`, decoded here and sent as 16 kHz float samples, which loses nothing.
pub(super) async fn stream(
    recognizer: &Recognizer,
    config: v1::RecognitionConfig,
    bytes: &[u8],
    showing: Showing,
) -> anyhow::Result<FileReport> {
    let samples = undertone_audio::read_all(bytes, None, AudioLimits::default())?;
    let config = v1::RecognitionConfig {
        audio: Some(v1::AudioFormat {
            encoding: v1::AudioEncoding::Float32.into(),
            sample_rate_hertz: PIPELINE_RATE.hz(),
            channels: 1,
        }),
        ..config
    };
    let (asks, receiver) = mpsc::channel(ASK_QUEUE);
    let sender = tokio::spawn(send(asks, config, samples, showing.pace));
    let replies =
        recognizer.stream(ReceiverStream::new(receiver)).await.map_err(|status| sentence(&status))?;
    let report = watch(replies, showing).await;
    sender.abort();
    report
}

async fn send(
    asks: mpsc::Sender<v1::StreamingRecognizeRequest>,
    config: v1::RecognitionConfig,
    samples: Vec<f32>,
    pace: Pace,
) {
    let ask = |message| v1::StreamingRecognizeRequest { message: Some(message) };
    let mut clock = tokio::time::interval(CHUNK);
    if asks.send(ask(Ask::Config(config))).await.is_err() {
        return;
    }
    let chunk_samples = PIPELINE_RATE.samples_in(CHUNK) as usize;
    for (sequence, chunk) in (1..).zip(samples.chunks(chunk_samples)) {
        if pace == Pace::RealTime {
            clock.tick().await;
        }
        let data: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let audio = v1::Audio { data: data.into(), sequence };
        // The replies tell why a stream ended early.
        if asks.send(ask(Ask::Audio(audio))).await.is_err() {
            return;
        }
    }
}

async fn watch(mut replies: crate::cli::recognizer::Replies, showing: Showing) -> anyhow::Result<FileReport> {
    let mut report = FileReport::named(showing.name);
    let mut ticker = showing.watch.then(Ticker::new);
    while let Some(reply) = replies.next().await {
        match reply.map_err(|status| sentence(&status))?.message {
            Some(Tell::Started(started)) => report.start(started),
            Some(Tell::Result(result)) => {
                if let Some(ticker) = &mut ticker {
                    ticker.show(&result)?;
                }
                report.take(result);
            }
            Some(Tell::Warning(warning)) => report.warnings.push(warning.message),
            Some(Tell::Ended(ended)) => {
                if let Some(ticker) = &mut ticker {
                    ticker.clear()?;
                }
                report.end(&ended);
                return Ok(report);
            }
            Some(Tell::SpeechEvent(_)) | None => {}
        }
    }
    Err(anyhow!("the stream ended without a last word"))
}

/// Shows updates as they come: one line that changes on a terminal, else one line each.
struct Ticker {
    terminal: bool,
    palette: Palette,
}

impl Ticker {
    fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), palette: Palette::for_stdout() }
    }

    fn show(&self, result: &v1::Result) -> std::io::Result<()> {
        let line = text::update_line(result, self.palette);
        if self.terminal {
            say_part!("\r\x1b[2K{line}");
            std::io::stdout().flush()?;
        } else {
            say!("{line}");
        }
        Ok(())
    }

    fn clear(&self) -> std::io::Result<()> {
        if self.terminal {
            say_part!("\r\x1b[2K");
        }
        Ok(())
    }
}
