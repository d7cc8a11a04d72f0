//! A stream that is held open, so that models change under it.

use bytes::Bytes;
use std::io;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use undertone_audio::AudioLimits;
use undertone_client::{Client, Connection, Event, EventStream, Options, Source, StreamOptions, raw};
use undertone_proto::v1;
use undertone_tests::{TestServer, float_bytes, shipped_clip};

/// A stream that is held open.
pub(crate) struct Speaker {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    events: EventStream,
    /// What `Started` announced, as `name@version`.
    pub(crate) announced: String,
}

async fn is_counted(server: &TestServer, announced: &str) -> bool {
    let versions = super::versions(server).await;
    versions.iter().any(|version| super::spelled(version) == announced && version.live_streams > 0)
}

impl Speaker {
    /// Opens a stream and waits for `Started`.
    pub(crate) async fn open(server: &TestServer, model: &str) -> Self {
        let (chunks, receiver) = mpsc::channel(1);
        let source = Source::new(raw(v1::AudioEncoding::Float32, 16_000), ReceiverStream::new(receiver));
        let asked = Options { model: model.to_owned(), ..Options::default() };
        let options = StreamOptions { resume: false, ..StreamOptions::from(asked) };
        let client = Client::connect(Connection::new(server.url())).await.unwrap();
        let mut events = client.stream(source, &options);
        let started = events.next().await.unwrap().unwrap();
        let Event::Started(started) = started else { panic!("{started:?}") };
        let model = started.model.unwrap();
        let announced = format!("{}@{}", model.name, model.version);
        // The worker counts the stream a moment after it is told that it began.
        while !is_counted(server, &announced).await {
            tokio::task::yield_now().await;
        }
        Self { chunks, events, announced }
    }

    /// Says the shipped clip, ends the stream and gives its final results.
    pub(crate) async fn finish(mut self) -> Vec<v1::Result> {
        self.chunks.send(Ok(speech().into())).await.unwrap();
        drop(self.chunks);
        let mut finals = Vec::new();
        let mut ended = false;
        while let Some(event) = self.events.next().await {
            match event.unwrap() {
                Event::Final(result) => finals.push(*result),
                Event::Ended(end) => ended = end.reason() == v1::ended::Reason::Finished,
                _ => {}
            }
        }
        assert!(ended, "the stream ended in order");
        assert!(!finals.is_empty());
        finals
    }
}

/// The shipped clip as FLOAT32 bytes.
pub(crate) fn speech() -> Vec<u8> {
    let bytes = std::fs::read(shipped_clip()).unwrap();
    float_bytes(&undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap())
}
