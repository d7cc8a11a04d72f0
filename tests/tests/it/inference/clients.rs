//! Clients that people have, as they come from their registries.

use super::*;
use crate::sdk::{provided, succeed};
use std::process::Command;
use undertone_tests::{CNN_VERSION, LSTM_VERSION, repository, shipped_clip};

/// Puts a script's client to a server; it runs beside the server, which answers from the runtime's other threads.
async fn put(script: &'static str, with_http: bool) {
    let Some(python) = provided("UNDERTONE_CLIENTS_PYTHON") else { return };
    let server = TestServer::start(&[]).await.unwrap();
    let grpc = server.url().trim_start_matches("http://").to_owned();
    let http = with_http.then(|| server.http_address().to_string());
    let ran = tokio::task::spawn_blocking(move || {
        let mut client = Command::new(python);
        client.arg("-B").arg(repository().join("tests/clients").join(script));
        client.env("CNN_VERSION", CNN_VERSION).env("LSTM_VERSION", LSTM_VERSION);
        succeed(client.arg(grpc).args(http).arg(shipped_clip()));
    });
    ran.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_tritonclient_is_answered() {
    put("triton.py", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kserves_unmodified_clients_are_answered() {
    put("kserve_clients.py", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection_clients_find_their_way_to_recognize() {
    put("standard.py", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_page_run() {
    put("page.py", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_probes_and_asks_over_http() {
    use base64::Engine as _;
    let server = TestServer::start(&[]).await.unwrap();
    let url = format!("http://{}/v2", server.http_address());
    let clip = std::fs::read(shipped_clip()).unwrap();
    let data = base64::engine::general_purpose::STANDARD.encode(clip);
    let tensor = serde_json::json!({"name": "audio", "datatype": "BYTES", "shape": [1], "parameters": {"content_type": "base64"}, "data": [data]});
    let asked = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(asked.path(), serde_json::json!({"inputs": [tensor]}).to_string()).unwrap();
    let body = format!("@{}", asked.path().display());
    let told = tokio::task::spawn_blocking(move || {
        let curl = |arguments: &[&str]| {
            let ran = Command::new("curl")
                .args(["--fail-with-body", "--silent", "--show-error"])
                .args(arguments)
                .output();
            let ran = ran.expect("curl is installed");
            assert!(ran.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&ran.stdout));
            serde_json::from_slice::<serde_json::Value>(&ran.stdout).unwrap()
        };
        assert_eq!(curl(&[&format!("{url}/health/ready")])["ready"], true);
        assert_eq!(curl(&[&format!("{url}/models/cnn")])["name"], "cnn");
        curl(&[&format!("{url}/models/cnn/infer"), "--data-binary", &body])
    });
    let told = told.await.unwrap();
    assert_eq!(told["outputs"][0]["shape"], serde_json::json!([1, 8]));
}
