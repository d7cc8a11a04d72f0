//! Streams that break off while versions change.

use super::speaker::speech;
use super::{Releases, Speaker, load_named, states, until};
use tokio_stream::wrappers::ReceiverStream;
use undertone_proto::v1;
use undertone_tests::{PersistentStream, TestServer, float_config, stream_of};

/// A stream of `cnn` that has its first final result and then loses its connection.
async fn broken_off(server: &TestServer, audio: &[u8]) -> PersistentStream {
    let mut stream = PersistentStream::new(float_config("cnn"));
    // Held until the break: a stream whose input ends would be finished.
    let (asks, requests) = tokio::sync::mpsc::channel(1024);
    for ask in stream_of(stream.config.clone(), audio, &[6400]) {
        asks.send(ask).await.unwrap();
    }
    let mut client = server.recognizer().await.unwrap();
    let mut replies = client.streaming_recognize(ReceiverStream::new(requests)).await.unwrap().into_inner();
    assert!(!stream.listen(&mut replies, 1).await.unwrap());
    assert_eq!(stream.config.model, "cnn@1.0.0");
    stream
}

fn numbers(finals: &[v1::Result]) -> Vec<u32> {
    finals.iter().map(|own| own.utterance).collect()
}

#[tokio::test]
async fn a_stream_that_is_taken_up_keeps_its_version_while_anybody_has_it_and_else_goes_on_with_the_new_one()
{
    let releases = Releases::new();
    let server = releases.server(&[]).await;
    let audio = speech();
    let mut whole = PersistentStream::new(float_config("cnn"));
    assert!(whole.go_on(&mut server.recognizer().await.unwrap(), &audio).await.unwrap());
    let mut one = broken_off(&server, &audio).await;
    let mut other = broken_off(&server, &audio).await;
    let live = Speaker::open(&server, "cnn").await;
    releases.release("1.1.0", |_, _| {});
    load_named(&server, "cnn").await.unwrap();

    assert_eq!(states(&server).await, ["cnn@1.0.0 draining", "cnn@1.1.0 ready"]);
    assert!(one.go_on(&mut server.recognizer().await.unwrap(), &audio).await.unwrap());
    assert_eq!(one.config.model, "cnn@1.0.0", "somebody still has it");
    live.finish().await;
    until(&server, &["cnn@1.0.0 unloaded", "cnn@1.1.0 ready"]).await;
    assert!(other.go_on(&mut server.recognizer().await.unwrap(), &audio).await.unwrap());
    assert_eq!(other.config.model, "cnn@1.1.0", "it was announced anew");
    for stream in [one, other] {
        assert_eq!(numbers(&stream.finals), numbers(&whole.finals), "no utterance is lost, none is doubled");
    }
}
