//! Servers that anybody could reach.

use undertone::Server;
use undertone_tests::{TestServer, server_settings};

#[tokio::test]
async fn a_server_beyond_loopback_wants_tls_or_keys_or_to_be_told() {
    let data = tempfile::tempdir().unwrap();
    for setting in ["grpc.listen", "http.listen"] {
        let settings = server_settings(data.path(), &[(setting, "0.0.0.0:0")]).unwrap();
        let refused = Server::start(&settings).await.err().unwrap().to_string();
        assert!(refused.contains(setting) && refused.contains("auth.keys"), "{refused}");
    }
    for allowed in ["auth.keys", "auth.allow_open"] {
        let flags = [("grpc.listen", "0.0.0.0:0"), (allowed, "true")];
        TestServer::start(&flags).await.unwrap().stop().await.unwrap();
    }
}
