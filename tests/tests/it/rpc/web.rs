//! What browsers and thrifty clients speak: gRPC-web, and messages in gzip and zstd.

use super::finals;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::codec::CompressionEncoding;
use undertone_proto::v1;
use undertone_tests::{TestServer, float_config, shipped_clip};

/// Sends one request over HTTP/1.1, as a browser would, and gives head and body of the response.
async fn browser(server: &TestServer, method: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let address = server.url().trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} /undertone.v1.Models/ListModels HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    connection.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&response[..end]).to_ascii_lowercase();
    (head, response[end + 4..].to_vec())
}

/// An empty message as gRPC frames it.
const NOTHING: [u8; 5] = [0; 5];
const WEB: &str = "Content-Type: application/grpc-web+proto\r\n";

/// The message in a body that comes in chunks: everything between the first frame's head and the trailers.
fn message(body: &[u8]) -> v1::ListModelsResponse {
    let text = body.windows(2).position(|window| window == b"\r\n").expect("chunks have a length");
    let frame = &body[text + 2..];
    assert_eq!(frame[0], 0, "a message that is not compressed");
    let length = u32::from_be_bytes(frame[1..5].try_into().unwrap()) as usize;
    v1::ListModelsResponse::decode(&frame[5..5 + length]).unwrap()
}

#[tokio::test]
async fn a_web_page_may_list_the_models_where_its_origin_is_allowed() {
    let server = TestServer::start(&[("http.allowed_origins", "https://app.example")]).await.unwrap();
    let own = format!("{WEB}Origin: https://app.example\r\n");
    let (head, body) = browser(&server, "POST", &own, &NOTHING).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("access-control-allow-origin: https://app.example"), "{head}");
    assert_eq!(message(&body).models.len(), 2);

    let foreign = format!("{WEB}Origin: https://other.example\r\n");
    let (head, _) = browser(&server, "POST", &foreign, &NOTHING).await;
    assert!(!head.contains("access-control-allow-origin"), "its script reads nothing: {head}");
}

#[tokio::test]
async fn a_browser_that_asks_beforehand_is_told_even_where_calls_want_a_key() {
    let flags = [("http.allowed_origins", "https://app.example"), ("auth.keys", "true")];
    let server = TestServer::start(&flags).await.unwrap();
    let asks = "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\
                Access-Control-Request-Headers: authorization,x-grpc-web\r\n";
    let (head, _) = browser(&server, "OPTIONS", asks, &[]).await;
    assert!(head.contains("access-control-allow-headers: authorization,x-grpc-web"), "{head}");
    let call = format!("{WEB}Origin: https://app.example\r\n");
    let (head, body) = browser(&server, "POST", &call, &NOTHING).await;
    let told = [head.as_bytes(), &body].concat();
    assert!(
        String::from_utf8_lossy(&told).contains("grpc-status:16") || head.contains("grpc-status: 16"),
        "{head}"
    );
}

#[tokio::test]
async fn compressed_messages_are_understood_and_sent_where_that_is_set() {
    let server = TestServer::start(&[("grpc.compress_replies", "true")]).await.unwrap();
    let plain = recognized(&server, None).await;
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        assert_eq!(recognized(&server, Some(encoding)).await, plain, "{encoding:?}");
    }
}

/// The probabilities of the shipped clip, and the encoding of the reply.
async fn recognized(server: &TestServer, encoding: Option<CompressionEncoding>) -> Vec<Vec<f32>> {
    let mut client = server.recognizer().await.unwrap();
    if let Some(encoding) = encoding {
        client = client.send_compressed(encoding).accept_compressed(encoding);
    }
    let request = v1::RecognizeRequest { config: None, audio: std::fs::read(shipped_clip()).unwrap().into() };
    let response = client.recognize(request).await.unwrap();
    let named = response.metadata().get("grpc-encoding").map(|name| name.to_str().unwrap().to_owned());
    let wanted = encoding.map(|encoding| if encoding == CompressionEncoding::Gzip { "gzip" } else { "zstd" });
    assert_eq!(named.as_deref(), wanted);
    let results = response.into_inner().utterances.into_iter().filter_map(|utterance| utterance.result);
    results.map(|result| result.probabilities.iter().map(|label| label.probability).collect()).collect()
}

#[tokio::test]
async fn a_stream_takes_compressed_messages() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap().send_compressed(CompressionEncoding::Gzip);
    let asks = undertone_tests::stream_of(float_config("cnn"), &[0; 64_000], &[16_000]);
    let mut replies = client.streaming_recognize(tokio_stream::iter(asks)).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(reply) = replies.message().await.unwrap() {
        all.extend(reply.message);
    }
    assert!(finals(&all).is_empty() && !all.is_empty());
}
