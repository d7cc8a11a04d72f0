//! Bad credentials, one after another, on every way into the server.

use super::methods::{call, methods};
use super::tls::{Authority, Pair, serve, text};
use super::{Shown, guarded, id_of, line, new_key, printed, recognizer, recording, undertone, until};
use crate::inference::http::post;
use crate::websocket::client::Client;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use undertone::access::{Rule, Scope, listed, rule_of};
use undertone_proto::inference as wire;
use undertone_proto::v1::streaming_recognize_request::Message as Ask;
use undertone_tests::{CNN_VERSION, ServerProcess, TestServer, ask, float_config};

/// Every page: those that are listed, and those of a model.
fn pages() -> Vec<String> {
    let of_methods = |path: &&str| path.starts_with("/undertone.v1.") || path.contains("Service/");
    let of_probes = |path: &&str| path.starts_with("/grpc.");
    let model = "/v2/models/cnn";
    let version = format!("{model}/versions/{CNN_VERSION}");
    let of_a_model = ["", "/ready", "/config", "/stats", "/infer"].map(|page| format!("{model}{page}"));
    let of_a_version = ["", "/stats", "/infer"].map(|page| format!("{version}{page}"));
    let of_the_repository = ["load", "unload"].map(|page| format!("/v2/repository/models/cnn/{page}"));
    let listed = listed().filter(|path| !of_methods(path) && !of_probes(path)).map(str::to_owned);
    listed.chain(of_a_model).chain(of_a_version).chain(of_the_repository).collect()
}

/// The status that a page answers to `key`, by its number.
async fn status(server: &TestServer, page: &str, key: Option<&str>) -> u16 {
    let header = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
    let line = server.get_with(page, &header).await.unwrap().0;
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The status with which the WebSocket is refused.
async fn refused_socket(server: &TestServer, key: Option<&str>) -> Option<StatusCode> {
    let shown = key.map(|key| format!(", undertone.key.{key}")).unwrap_or_default();
    let offered = format!("undertone.v1{shown}");
    Client::open(server, &[("sec-websocket-protocol", offered.as_str())]).await.err()
}

#[tokio::test]
async fn every_page_and_the_socket_want_a_good_key() {
    let server = guarded().await;
    let data = server.data_dir();
    let revoked = new_key(data, &[]);
    printed(&undertone(data, &["keys", "revoke", id_of(&revoked)]));
    let expired = new_key(data, &["--expires-in", "1ms"]);
    until(&server, &new_key(data, &[]), Code::Ok).await;
    let foreign = new_key(tempfile::tempdir().unwrap().path(), &[]);
    let pages = pages();
    assert!(pages.len() > 20 && pages.iter().any(|page| page == "/v1/stream"), "{pages:?}");
    for key in [None, Some("nonsense"), Some(&foreign), Some(&revoked), Some(&expired)] {
        for page in &pages {
            let is_open = rule_of(page) == Some(Rule::Open);
            assert_eq!(status(&server, page, key).await == 401, !is_open, "{page} with {key:?}");
        }
        assert_eq!(refused_socket(&server, key).await, Some(StatusCode::UNAUTHORIZED), "{key:?}");
    }
}

#[tokio::test]
async fn a_key_opens_the_pages_that_its_scopes_say_and_no_others() {
    let server = guarded().await;
    for scope in Scope::ALL {
        let key = new_key(server.data_dir(), &["--scopes", scope.name()]);
        until(&server, &key, Code::Ok).await;
        let wanted = |page: &str| rule_of(page).and_then(Rule::scope);
        let allows = |page: &str| wanted(page).is_none_or(|wanted| wanted == scope || scope == Scope::Admin);
        for page in pages() {
            let status = status(&server, &page, Some(&key)).await;
            assert_eq!(status == 403, !allows(&page), "{page} with {scope}: {status}");
            assert_ne!(status, 401, "{page} with {scope}");
        }
        let socket = refused_socket(&server, Some(&key)).await;
        assert_eq!(socket == Some(StatusCode::FORBIDDEN), !allows("/v1/stream"), "{scope}");
    }
}

#[tokio::test]
async fn a_key_that_has_used_up_its_audio_is_refused_by_every_way_that_takes_audio() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--audio-seconds-per-minute", "6"]);
    until(&server, &key, Code::Ok).await;
    let mut client = recognizer(&server, &key).await;
    client.recognize(recording()).await.expect("audio is paid afterwards");

    let mut codes = vec![("Recognize", client.recognize(recording()).await.map(drop).unwrap_err().code())];
    let asks = tokio_stream::iter([ask(Ask::Config(float_config("cnn")))]);
    let streamed = match client.streaming_recognize(asks).await {
        Ok(replies) => replies.into_inner().message().await.map(drop),
        Err(status) => Err(status),
    };
    codes.push(("StreamingRecognize", streamed.unwrap_err().code()));

    let tensor = wire::model_infer_request::InferInputTensor {
        name: "audio".into(),
        datatype: "BYTES".into(),
        shape: vec![1],
        contents: Some(wire::InferTensorContents {
            bytes_contents: vec![recording().audio],
            ..Default::default()
        }),
        ..Default::default()
    };
    let asked = wire::ModelInferRequest { inputs: vec![tensor], ..Default::default() };
    let line = line(&server, Some(&key)).await;
    let mut inference = wire::grpc_inference_service_client::GrpcInferenceServiceClient::new(line);
    codes.push(("ModelInfer", inference.model_infer(asked.clone()).await.map(drop).unwrap_err().code()));
    assert!(codes.iter().all(|(_, code)| *code == Code::ResourceExhausted), "{codes:?}");
    let mut answers = inference.model_stream_infer(tokio_stream::iter([asked])).await.unwrap().into_inner();
    let said = answers.message().await.unwrap().unwrap().error_message;
    assert!(said.contains("audio") && said.contains("minute"), "{said}");

    let header = format!("X-Api-Key: {key}\r\n");
    let frames = vec![0.0_f32; 64 * 200];
    let tensor =
        serde_json::json!({"name": "features", "datatype": "FP32", "shape": [1, 200, 64], "data": frames});
    let body = serde_json::json!({"inputs": [tensor]}).to_string();
    let (status, said) = post(&server, "/v2/models/cnn/infer", &header, body.as_bytes()).await;
    assert_eq!(status, "HTTP/1.1 429 Too Many Requests", "{said}");

    let offered = format!("undertone.v1, undertone.key.{key}");
    let mut socket = Client::open(&server, &[("sec-websocket-protocol", offered.as_str())]).await.unwrap();
    socket.send(&ask(Ask::Config(float_config("cnn")))).await;
    assert_eq!(socket.listen().await.close, Some((4008, "RESOURCE_EXHAUSTED".to_owned())));
}

/// The status of a page, as `curl` gets it over TLS.
fn curl(authority: &Authority, pair: Option<&Pair>, url: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--show-error",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        "--max-time",
        "60",
    ]);
    curl.arg("--cacert").arg(authority.ca());
    if let Some(pair) = pair {
        curl.arg("--cert").arg(&pair.certificate).arg("--key").arg(&pair.key);
    }
    String::from_utf8(curl.arg(url).stderr(Stdio::inherit()).output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_refuses_a_certificate_that_is_missing_or_a_strangers() {
    let (authority, strangers) = (Authority::new(), Authority::new());
    let (ca, stranger) = (authority.ca(), strangers.sign("client"));
    let server = serve(&authority.sign("server"), &[("tls.client_ca", text(&ca))]).await;
    let own = authority.sign("client");
    let identity = |pair: &Pair| {
        Identity::from_pem(std::fs::read(&pair.certificate).unwrap(), std::fs::read(&pair.key).unwrap())
    };
    let https = server.url().replace("http://", "https://");
    for pair in [None, Some(&stranger), Some(&own)] {
        let trusted = Certificate::from_pem(std::fs::read(&ca).unwrap());
        let tls = ClientTlsConfig::new().ca_certificate(trusted);
        let tls = pair.map_or(tls.clone(), |pair| tls.identity(identity(pair)));
        let endpoint = Channel::from_shared(https.clone()).unwrap().tls_config(tls).unwrap();
        let line = InterceptedService::new(endpoint.connect().await.unwrap(), Shown(None));
        let is_known = pair.is_some_and(|pair| std::ptr::eq(pair, &raw const own));
        for path in methods() {
            let refused = call(&line, &path).await.err().map(|status| status.code());
            let may = is_known || rule_of(&path) == Some(Rule::Open);
            assert_eq!(refused == Some(Code::Unauthenticated), !may, "{path}: {refused:?}");
        }
        for page in pages() {
            let status = curl(&authority, pair, &format!("https://{}{page}", server.http_address()));
            let may = is_known || rule_of(&page) == Some(Rule::Open);
            assert_eq!(status == "401", !may, "{page}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_and_no_metric_ever_holds_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    std::fs::create_dir(&data).unwrap();
    let settings = [("auth.keys", "true"), ("auth.refresh", "20ms"), ("log.filter", "trace")];
    let good = new_key(&data, &["--scopes", "admin"]);
    let revoked = new_key(&data, &[]);
    printed(&undertone(&data, &["keys", "revoke", id_of(&revoked)]));
    let server = ServerProcess::start_with_log(&data, &settings, &log).await.unwrap();
    let foreign = new_key(tempfile::tempdir().unwrap().path(), &[]);
    let mut told = String::new();
    for key in [&good, &revoked, &foreign] {
        let channel = Channel::from_shared(server.url().to_owned()).unwrap().connect().await.unwrap();
        let line = InterceptedService::new(channel, Shown(Some(key.clone())));
        for path in methods() {
            let _ = call(&line, &path).await;
        }
        for header in [format!("X-Api-Key: {key}\r\n"), format!("Authorization: Bearer {key}\r\n")] {
            told += &server.get_with("/metrics", &header).await.unwrap().1;
            told += &server.get_with("/forgotten?page=1", &header).await.unwrap().1;
        }
    }
    server.kill();
    let log = std::fs::read_to_string(&log).unwrap();
    let levels: BTreeSet<&str> = ["TRACE", "DEBUG"].into_iter().filter(|level| log.contains(level)).collect();
    assert!(levels.contains("TRACE"), "everything is logged: {}", log.len());
    for key in [&good, &revoked, &foreign] {
        let secret = key.rsplit('_').next().unwrap();
        assert!(secret.len() > 20, "the end of a key is its secret");
        let shown = log.lines().chain(told.lines()).find(|line| line.contains(secret));
        assert_eq!(shown, None);
    }
}
