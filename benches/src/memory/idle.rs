//! Streams that are open and say nothing.

use anyhow::{Context, Result};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

const STREAMS_PER_CONNECTION: usize = 100;
/// Holds everything that an idle stream sends, so that nothing waits.
const ASK_QUEUE: usize = 2;

/// Streams that were opened, heard a second of silence, and wait. They end when this is dropped.
pub(super) struct IdleStreams {
    held: Vec<(mpsc::Sender<v1::StreamingRecognizeRequest>, Streaming<v1::StreamingRecognizeResponse>)>,
    model: String,
}

impl IdleStreams {
    pub(super) async fn open(url: &str, model: &str, streams: usize) -> Result<Self> {
        let silence = vec![0; 2 * PIPELINE_RATE.hz() as usize];
        let mut opened = Self { held: Vec::with_capacity(streams), model: String::new() };
        let mut client = RecognizerClient::connect(url.to_owned()).await?;
        for number in 0..streams {
            if number % STREAMS_PER_CONNECTION == 0 {
                client = RecognizerClient::connect(url.to_owned()).await?;
            }
            let (asks, receiver) = mpsc::channel(ASK_QUEUE);
            asks.send(ask(Ask::Config(config(model)))).await?;
            asks.send(ask(Ask::Audio(v1::Audio { data: silence.clone().into(), sequence: 0 }))).await?;
            let mut replies = client.streaming_recognize(ReceiverStream::new(receiver)).await?.into_inner();
            opened.model = name(replies.message().await?)?;
            opened.held.push((asks, replies));
        }
        Ok(opened)
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

fn name(reply: Option<v1::StreamingRecognizeResponse>) -> Result<String> {
    let message = reply.and_then(|reply| reply.message).context("the first reply says something")?;
    let Tell::Started(started) = message else { anyhow::bail!("the first reply is no Started") };
    let model = started.model.unwrap_or_default();
    Ok(format!("{}@{}", model.name, model.version))
}
