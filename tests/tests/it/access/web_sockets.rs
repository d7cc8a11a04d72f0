//! Streams over WebSockets, which show a key as browsers can.

use super::{guarded, new_key, printed, undertone, until};
use crate::websocket::client::Client;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tonic::Code;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_config};
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// Opens a connection that shows `key` as one of its protocols.
async fn open(server: &TestServer, key: Option<&str>) -> Result<Client, StatusCode> {
    let shown = key.map(|key| format!(", undertone.key.{key}")).unwrap_or_default();
    let offered = format!("undertone.v1{shown}");
    Client::open(server, &[("sec-websocket-protocol", offered.as_str())]).await
}

#[tokio::test]
async fn a_stream_needs_a_key_that_may_recognise() {
    let server = guarded().await;
    let data = server.data_dir();
    let revoked = new_key(data, &[]);
    printed(&undertone(data, &["keys", "revoke", super::id_of(&revoked)]));
    let analytics = new_key(data, &["--scopes", "analytics"]);
    let good = new_key(data, &[]);
    until(&server, &good, Code::Ok).await;
    for shown in [None, Some("nonsense"), Some(revoked.as_str())] {
        assert_eq!(open(&server, shown).await.err(), Some(StatusCode::UNAUTHORIZED), "{shown:?}");
    }
    assert_eq!(open(&server, Some(&analytics)).await.err(), Some(StatusCode::FORBIDDEN));
    let mut client = open(&server, Some(&good)).await.unwrap();
    assert_eq!(client.protocol.as_deref(), Some("undertone.v1"), "the key is not repeated");
    client.send(&ask(Ask::Config(float_config("cnn")))).await;
    assert!(matches!(client.next().await, Tell::Started(_)));
    let bearer = format!("Bearer {good}");
    assert!(Client::open(&server, &[("authorization", bearer.as_str())]).await.is_ok());
}

#[tokio::test]
async fn a_key_has_one_quota_for_every_way() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--max-streams", "1"]);
    until(&server, &key, Code::Ok).await;
    let mut first = open(&server, Some(&key)).await.unwrap();
    first.send(&ask(Ask::Config(float_config("cnn")))).await;
    first.next().await;
    let mut second = open(&server, Some(&key)).await.unwrap();
    second.send(&ask(Ask::Config(float_config("cnn")))).await;
    let heard = second.listen().await;
    assert_eq!(heard.close, Some((4008, "RESOURCE_EXHAUSTED".to_owned())));
    let over_grpc = super::recognizer(&server, &key).await.recognize(super::recording()).await;
    assert_eq!(over_grpc.unwrap_err().code(), Code::ResourceExhausted);
}
