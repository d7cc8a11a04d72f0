//! Clients that leave: their calls are cancelled, not finished, and each is counted once.

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use prost::Message;
use std::time::Duration;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, real_clip};
use v1::streaming_recognize_request::Message as Ask;

/// A connection of its own: a generated client cannot reset its call while it may still say something.
async fn connect(server: &TestServer) -> SendRequest<Bytes> {
    let address = server.url().strip_prefix("http://").unwrap();
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let (connection, driver) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(driver);
    connection
}

/// Begins a stream, says `asks`, and with any gets its first reply. Then cancels it.
async fn leave(connection: SendRequest<Bytes>, server: &TestServer, asks: &[Ask]) {
    let mut connection = connection.ready().await.unwrap();
    let request = http::Request::post(format!("{}/undertone.v1.Recognizer/StreamingRecognize", server.url()))
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let (response, mut sending) = connection.send_request(request.body(()).unwrap(), false).unwrap();
    for message in asks {
        let message = ask(message.clone()).encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        sending.send_data([&[0], &length[..], &message].concat().into(), false).unwrap();
    }
    if !asks.is_empty() {
        response.await.unwrap().into_body().data().await.expect("Started").unwrap();
    }
    sending.send_reset(Reason::CANCEL);
}

/// What the server counted of streams that are over, once `total` are.
async fn finished(server: &TestServer, total: usize) -> Vec<(String, usize)> {
    loop {
        let (_, page) = server.get("/metrics").await.unwrap();
        let counts: Vec<(String, usize)> = page.lines().filter_map(count_of_streams).collect();
        if counts.iter().map(|(_, count)| count).sum::<usize>() >= total {
            return counts;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Model, reason and number of the streams that the workers have given back, once they are `total`.
async fn closed(server: &TestServer, total: usize) -> Vec<String> {
    loop {
        let (_, page) = server.get("/metrics").await.unwrap();
        let ends = page.lines().filter_map(|line| line.strip_prefix("undertone_streams_closed_total{"));
        let ends: Vec<String> = ends.filter(|end| !end.ends_with(" 0")).map(str::to_owned).collect();
        let count = |end: &String| end.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok());
        if ends.iter().filter_map(count).sum::<usize>() >= total {
            return ends;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Code and count of a line about `StreamingRecognize`.
fn count_of_streams(line: &str) -> Option<(String, usize)> {
    let rest = line.strip_prefix("undertone_rpc_finished_total{code=\"")?;
    let (code, rest) = rest.split_once('"')?;
    let count = rest.strip_prefix(",method=\"StreamingRecognize\"} ")?;
    Some((code.to_owned(), count.parse().ok()?))
}

#[tokio::test]
async fn streams_that_are_left_are_cancelled_and_never_finished() {
    const STREAMS: usize = 40;
    let server = TestServer::start(&[]).await.unwrap();
    let file = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&file, None, AudioLimits::default()).unwrap();
    let speech = Ask::Audio(v1::Audio { data: float_bytes(&clip[..32_000]).into(), sequence: 0 });
    let asks = [Ask::Config(float_config("cnn")), speech];
    let connection = connect(&server).await;
    for _ in 0..STREAMS {
        leave(connection.clone(), &server, &asks).await;
    }
    assert_eq!(finished(&server, STREAMS).await, [("CANCELLED".to_owned(), STREAMS)]);
    assert_eq!(
        closed(&server, STREAMS).await,
        [format!("model=\"cnn@1.1.0\",reason=\"cancelled\"}} {STREAMS}")]
    );
}

#[tokio::test]
async fn calls_that_are_left_before_they_began_are_counted_as_cancelled() {
    const CALLS: usize = 40;
    let server = TestServer::start(&[]).await.unwrap();
    let connection = connect(&server).await;
    for _ in 0..CALLS {
        leave(connection.clone(), &server, &[]).await;
        // Behind it on the same connection: once this is answered, the server has seen the other one.
        let mut connection = connection.clone().ready().await.unwrap();
        let request = http::Request::post(format!("{}/undertone.v1.Models/None", server.url())).body(());
        let (response, _) = connection.send_request(request.unwrap(), true).unwrap();
        response.await.unwrap();
    }
    assert_eq!(finished(&server, CALLS).await, [("CANCELLED".to_owned(), CALLS)]);
}
