//! Clients that leave, or want no answer any more: their calls are ended as such, not finished, and each is counted once.

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use prost::Message;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_stream::StreamExt;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{CNN, TestServer, ask, float_bytes, float_config, real_clip};
use v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_request::Message as Ask;

/// A connection of its own: a generated client cannot reset its call while it may still say something.
async fn connect(server: &TestServer) -> SendRequest<Bytes> {
    let address = server.url().strip_prefix("http://").unwrap();
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let (connection, driver) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(driver);
    connection
}

fn call(server: &TestServer, method: &str) -> http::request::Builder {
    http::Request::post(format!("{}/undertone.v1.Recognizer/{method}", server.url()))
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
}

fn framed(message: &impl Message) -> Bytes {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], &message].concat().into()
}

/// Begins a stream, says `asks`, and with any gets its first reply. Then cancels it.
async fn leave(connection: SendRequest<Bytes>, server: &TestServer, asks: &[Ask]) {
    let mut connection = connection.ready().await.unwrap();
    let request = call(server, "StreamingRecognize").body(()).unwrap();
    let (response, mut sending) = connection.send_request(request, false).unwrap();
    for message in asks {
        sending.send_data(framed(&ask(message.clone())), false).unwrap();
    }
    if !asks.is_empty() {
        response.await.unwrap().into_body().data().await.expect("Started").unwrap();
    }
    sending.send_reset(Reason::CANCEL);
}

/// What the server counted of streams that are over, once `total` are.
async fn finished(server: &TestServer, total: usize) -> Vec<(String, usize)> {
    let counts = |page: &str| {
        let counts: Vec<(String, usize)> = page.lines().filter_map(count_of_streams).collect();
        (counts.iter().map(|(_, count)| count).sum::<usize>() >= total).then_some(counts)
    };
    server.until_metrics(counts).await
}

/// Model, reason and number of the streams that the workers have given back, once they are `total`.
async fn closed(server: &TestServer, total: usize) -> Vec<String> {
    let ends = |page: &str| {
        let ends = page.lines().filter_map(|line| line.strip_prefix("undertone_streams_closed_total{"));
        let ends: Vec<String> = ends.filter(|end| !end.ends_with(" 0")).map(str::to_owned).collect();
        let count = |end: &String| end.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok());
        (ends.iter().filter_map(count).sum::<usize>() >= total).then_some(ends)
    };
    server.until_metrics(ends).await
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
    assert_eq!(closed(&server, STREAMS).await, [format!("model=\"{CNN}\",reason=\"cancelled\"}} {STREAMS}")]);
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

#[tokio::test]
async fn a_stream_ends_at_the_deadline_of_its_call_though_its_client_stays() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut connection = connect(&server).await.ready().await.unwrap();
    let request = call(&server, "StreamingRecognize").header("grpc-timeout", "300m").body(()).unwrap();
    let (response, mut sending) = connection.send_request(request, false).unwrap();
    sending.send_data(framed(&ask(Ask::Config(float_config("cnn")))), false).unwrap();
    let mut body = response.await.unwrap().into_body();
    body.data().await.expect("Started").unwrap();
    while let Some(more) = body.data().await {
        more.unwrap();
    }
    let trailers = body.trailers().await.unwrap().expect("how it ended");
    assert_eq!(trailers["grpc-status"], "4", "DEADLINE_EXCEEDED: {trailers:?}");
    assert_eq!(finished(&server, 1).await, [("DEADLINE_EXCEEDED".to_owned(), 1)]);
    assert_eq!(closed(&server, 1).await, [format!("model=\"{CNN}\",reason=\"cancelled\"}} 1")]);
}

/// Passes bytes between clients and `address` on until it is told to go silent; then it keeps the connections open.
async fn passing_on(address: String, silent: watch::Receiver<bool>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (mut server, mut silent) = (TcpStream::connect(&address).await.unwrap(), silent.clone());
            tokio::spawn(async move {
                let went_silent = async { silent.wait_for(|silent| *silent).await.map(drop) };
                tokio::select! {
                    copied = tokio::io::copy_bidirectional(&mut client, &mut server) => return drop(copied),
                    _ = went_silent => {}
                }
                std::future::pending::<()>().await;
            });
        }
    });
    own
}

#[tokio::test]
async fn a_connection_that_went_silent_is_found_and_its_stream_ended() {
    let server = TestServer::start(&[("grpc.keepalive_interval", "50ms"), ("grpc.keepalive_timeout", "2s")])
        .await
        .unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let (silence, silent) = watch::channel(false);
    let between = passing_on(address, silent).await;
    let mut client = RecognizerClient::connect(format!("http://{between}")).await.unwrap();
    let asks = tokio_stream::iter([ask(Ask::Config(float_config("cnn")))]).chain(tokio_stream::pending());
    let mut replies = client.streaming_recognize(asks).await.unwrap().into_inner();
    replies.message().await.unwrap().expect("Started");
    silence.send(true).unwrap();
    // Neither side closes anything: only a ping without an answer can tell.
    assert_eq!(closed(&server, 1).await, [format!("model=\"{CNN}\",reason=\"cancelled\"}} 1")]);
    assert_eq!(finished(&server, 1).await, [("CANCELLED".to_owned(), 1)]);
}

#[tokio::test]
async fn a_client_that_reads_no_warnings_is_given_up_as_one_that_reads_nothing() {
    let server = TestServer::start(&[("recognition.idle_timeout", "300ms")]).await.unwrap();
    // The same number again and again, each of which is a gap; without audio they cost the client nothing.
    let same = Ask::Audio(v1::Audio { data: Vec::new().into(), sequence: 7 });
    let asks = std::iter::once(Ask::Config(float_config("cnn"))).chain(std::iter::repeat(same));
    let endpoint = tonic::transport::Channel::from_shared(server.url().to_owned()).unwrap();
    let window = Some(65_535);
    let endpoint = endpoint.initial_stream_window_size(window).initial_connection_window_size(window);
    let mut client = RecognizerClient::new(endpoint.connect().await.unwrap());
    let deaf = client.streaming_recognize(tokio_stream::iter(asks.map(ask))).await.unwrap();
    assert_eq!(finished(&server, 1).await, [("DEADLINE_EXCEEDED".to_owned(), 1)]);
    drop(deaf);
}
