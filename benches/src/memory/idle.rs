//! Streams that are open and say nothing.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use std::io;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use undertone_client::{Client, Connection, Event, EventStream, Retry, Source, StreamOptions, raw};
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;

const STREAMS_PER_CONNECTION: usize = 100;
/// A second of silence comes in so many messages, as a client sends what it hears.
const PIECES: usize = 10;

/// Streams that were opened, heard a second of silence, and wait. They end when this is dropped.
pub(super) struct IdleStreams {
    held: Vec<(mpsc::Sender<io::Result<Bytes>>, EventStream)>,
    model: String,
}

impl IdleStreams {
    /// Where the server has no time for a stream now, it is opened as often as it takes, when the server says.
    pub(super) async fn open(url: &str, model: &str, streams: usize) -> Result<Self> {
        let retry = Retry { attempts: u32::MAX, ..Retry::default() };
        let connection = Connection { retry, ..Connection::new(url) };
        let silence = Bytes::from(vec![0; 2 * PIPELINE_RATE.hz() as usize / PIECES]);
        let mut opened = Self { held: Vec::with_capacity(streams), model: String::new() };
        let mut client = Client::connect(connection.clone()).await?;
        for number in 0..streams {
            if number % STREAMS_PER_CONNECTION == 0 {
                client = Client::connect(connection.clone()).await?;
            }
            opened.hold_one_more(&client, model, &silence).await?;
        }
        Ok(opened)
    }

    async fn hold_one_more(&mut self, client: &Client, model: &str, piece: &Bytes) -> Result<()> {
        let (chunks, receiver) = mpsc::channel(PIECES);
        for _ in 0..PIECES {
            chunks.send(Ok(piece.clone())).await?;
        }
        let format = raw(v1::AudioEncoding::Linear16, PIPELINE_RATE.hz());
        let source = Source::new(format, ReceiverStream::new(receiver));
        let mut events = client.stream(source, &options(model));
        let Event::Started(started) = events.next().await.context("the first event comes")?? else {
            bail!("the first event is no Started")
        };
        let model = started.model.unwrap_or_default();
        self.model = format!("{}@{}", model.name, model.version);
        self.held.push((chunks, events));
        Ok(())
    }

    /// Who would answer.
    pub(super) fn model(&self) -> &str {
        &self.model
    }
}

fn options(model: &str) -> StreamOptions {
    let asked = undertone_client::Options {
        model: model.to_owned(),
        interim: true,
        ..undertone_client::Options::default()
    };
    StreamOptions { resume: false, ..StreamOptions::from(asked) }
}
