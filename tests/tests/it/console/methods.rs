//! gRPC-web at the address of the pages.

use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use undertone_proto::v1;
use undertone_tests::TestServer;

/// Calls `ListModels` as a page of `origin` would, and gives head and body.
async fn list_models(server: &TestServer, origin: &str, headers: &str) -> (String, Vec<u8>) {
    let address = server.http_address();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /undertone.v1.Models/ListModels HTTP/1.1\r\nHost: {address}\r\nOrigin: {origin}\r\nConnection: close\r\n\
         Content-Type: application/grpc-web+proto\r\nContent-Length: 5\r\n{headers}\r\n"
    );
    connection.write_all(&[head.as_bytes(), &[0; 5]].concat()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&response[..end]).to_ascii_lowercase(), response[end + 4..].to_vec())
}

#[tokio::test]
async fn the_servers_own_page_calls_methods_and_one_of_a_strangers_name_does_not() {
    let server = TestServer::start(&[]).await.unwrap();
    let own = format!("http://{}", server.http_address());
    let (head, body) = list_models(&server, &own, "").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    // The first chunk begins with its length; the message's own stands behind a byte of flags.
    let frame = &body[body.windows(2).position(|window| window == b"\r\n").unwrap() + 2..];
    let length = u32::from_be_bytes(frame[1..5].try_into().unwrap()) as usize;
    let listed = v1::ListModelsResponse::decode(&frame[5..5 + length]).unwrap();
    assert_eq!(listed.models.len(), 2);

    for stranger in ["http://evil.example", "https://127.0.0.1:1", "null"] {
        let (head, body) = list_models(&server, stranger, "").await;
        assert!(head.starts_with("http/1.1 403"), "{stranger}: {head}");
        assert!(String::from_utf8_lossy(&body).contains("http.allowed_origins"), "{stranger}");
    }
}

#[tokio::test]
async fn methods_want_the_same_key_there_as_everywhere() {
    let server = TestServer::start(&[("auth.keys", "true")]).await.unwrap();
    let own = format!("http://{}", server.http_address());
    let told = async |headers: &str| {
        let (head, body) = list_models(&server, &own, headers).await;
        format!("{head}{}", String::from_utf8_lossy(&body))
    };
    for headers in ["", "Authorization: Bearer nonsense\r\n"] {
        let told = told(headers).await;
        assert!(told.contains("grpc-status:16") || told.contains("grpc-status: 16"), "{headers}: {told}");
    }
}
