//! Streams that are open and say nothing.

use anyhow::{Context, Result};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

const STREAMS_PER_CONNECTION: usize = 100;
/// A second of silence comes in so many messages, as a client sends what it hears.
const PIECES: usize = 10;
/// Holds everything that an idle stream sends, so that nothing waits.
const ASK_QUEUE: usize = 1 + PIECES;

/// Streams that were opened, heard a second of silence, and wait. They end when this is dropped.
pub(super) struct IdleStreams {
    held: Vec<(mpsc::Sender<v1::StreamingRecognizeRequest>, Streaming<v1::StreamingRecognizeResponse>)>,
    model: String,
}

impl IdleStreams {
    pub(super) async fn open(url: &str, model: &str, streams: usize) -> Result<Self> {
        let silence = Bytes::from(vec![0; 2 * PIPELINE_RATE.hz() as usize / PIECES]);
        let mut opened = Self { held: Vec::with_capacity(streams), model: String::new() };
        let mut client = RecognizerClient::connect(url.to_owned()).await?;
        for number in 0..streams {
            if number % STREAMS_PER_CONNECTION == 0 {
                client = RecognizerClient::connect(url.to_owned()).await?;
            }
            opened.hold_one_more(&mut client, model, &silence).await?;
        }
        Ok(opened)
    }

    /// Opens a stream; where the server has no time for it now, as often as it takes, when the server says.
    async fn hold_one_more(
        &mut self,
        client: &mut RecognizerClient<Channel>,
        model: &str,
        piece: &Bytes,
    ) -> Result<()> {
        loop {
            let (asks, receiver) = mpsc::channel(ASK_QUEUE);
            asks.send(ask(Ask::Config(config(model)))).await?;
            for _ in 0..PIECES {
                asks.send(ask(Ask::Audio(v1::Audio { data: piece.clone(), sequence: 0 }))).await?;
            }
            match client.streaming_recognize(ReceiverStream::new(receiver)).await {
                Ok(replies) => {
                    let mut replies = replies.into_inner();
                    self.model = name(replies.message().await?)?;
                    self.held.push((asks, replies));
                    return Ok(());
                }
                Err(status) => tokio::time::sleep(told_delay(&status).ok_or(status)?).await,
            }
        }
    }

    /// Who would answer.
    pub(super) fn model(&self) -> &str {
        &self.model
    }
}

fn config(model: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig {
        audio: Some(v1::AudioFormat {
            encoding: v1::AudioEncoding::Linear16.into(),
            sample_rate_hertz: PIPELINE_RATE.hz(),
            channels: 1,
        }),
        model: model.to_owned(),
        interim_results: true,
        ..v1::RecognitionConfig::default()
    }
}

fn ask(message: Ask) -> v1::StreamingRecognizeRequest {
    v1::StreamingRecognizeRequest { message: Some(message) }
}

/// When the server has room again, by its own words.
fn told_delay(status: &Status) -> Option<Duration> {
    (status.code() == Code::ResourceExhausted).then(|| status.get_details_retry_info()?.retry_delay).flatten()
}

fn name(reply: Option<v1::StreamingRecognizeResponse>) -> Result<String> {
    let message = reply.and_then(|reply| reply.message).context("the first reply says something")?;
    let Tell::Started(started) = message else { anyhow::bail!("the first reply is no Started") };
    let model = started.model.unwrap_or_default();
    Ok(format!("{}@{}", model.name, model.version))
}
