//! Streams that outlive their servers, as the client library carries them.

use bytes::Bytes;
use std::time::Duration;
use undertone_client::{Client, Connection, Event, Options, Retry, Source, StreamOptions, raw};
use undertone_proto::v1;

/// Tests do not wait as long as people may.
const RETRY: Retry = Retry {
    attempts: u32::MAX,
    first_delay: Duration::from_millis(20),
    longest_delay: Duration::from_millis(200),
};

/// What a stream brought, over all its calls.
#[derive(Debug, Default)]
pub struct Outlived {
    /// The identifier that the server gave it.
    pub id: String,
    /// The final results.
    pub finals: Vec<v1::Result>,
    /// How often it was opened.
    pub calls: usize,
}

/// Sends `audio`, FLOAT32 at 16 kHz, to the server that is at `url` now and to those that come after it, until everything was
/// heard. Every final result goes to `receive` as it comes, with the stream's identifier.
///
/// # Panics
/// When the stream is given up, or does not end in order.
pub async fn outlive(
    url: &str,
    model: &str,
    audio: Vec<u8>,
    mut receive: impl FnMut(&str, &v1::Result),
) -> Outlived {
    let connection = Connection { retry: RETRY, ..Connection::new(url) };
    let client = Client::lazy(connection).expect("a test's server has a URL");
    let source = Source::bytes(raw(v1::AudioEncoding::Float32, 16_000), Bytes::from(audio));
    let asked = Options { model: model.to_owned(), ..Options::default() };
    let mut events = client.stream(source, &StreamOptions::from(asked));
    let mut outlived = Outlived::default();
    while let Some(event) = events.next().await {
        match event.unwrap_or_else(|error| panic!("the stream is given up: {error}")) {
            Event::Started(started) | Event::Resumed(started) => {
                outlived.calls += 1;
                outlived.id = started.stream_id;
            }
            Event::Final(result) => {
                receive(&outlived.id, &result);
                outlived.finals.push(*result);
            }
            Event::Ended(ended) => assert_eq!(ended.reason(), v1::ended::Reason::Finished),
            _ => {}
        }
    }
    outlived
}
