//! The protocol over HTTP: JSON, the binary extension, and the clients that people have.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use undertone_tests::CNN_VERSION;

/// Status line and text that `path` answers to a `body`.
async fn send(server: &TestServer, path: &str, headers: &str, body: &[u8]) -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut connection = tokio::net::TcpStream::connect(server.http_address()).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    connection.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).await.unwrap();
    let text = String::from_utf8_lossy(&response).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// Status line and object that `path` answers to a `body`.
pub(crate) async fn post(server: &TestServer, path: &str, headers: &str, body: &[u8]) -> (String, Value) {
    let (status, body) = send(server, path, headers, body).await;
    let value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    (status, value)
}

async fn infer(server: &TestServer, asked: &Value) -> (String, Value) {
    post(server, "/v2/models/cnn/infer", "", asked.to_string().as_bytes()).await
}

fn values(answer: &Value, place: usize) -> Vec<f32> {
    let data = answer["outputs"][place]["data"].as_array().unwrap();
    data.iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

#[tokio::test]
async fn frames_and_recordings_get_the_same_as_over_grpc() {
    let mut bed = Bed::new(&[]).await;
    let model = models().into_iter().find(|model| model.reference().name == "cnn").unwrap();
    let frames = frames_of(&model, &real_speech());
    let expected = bed.infer(about_frames("cnn", &frames)).await.unwrap();
    let shape = [1, frames.len(), frames.dim()];
    let tensor = json!({"name": "features", "datatype": "FP32", "shape": shape, "data": frames.values()});
    let (status, answer) = infer(&bed.server, &json!({"id": "a", "inputs": [tensor]})).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert_eq!((&answer["id"], &answer["model_name"]), (&json!("a"), &json!("cnn")));
    for (place, name) in ["probabilities", "logits"].into_iter().enumerate() {
        assert_eq!(answer["outputs"][place]["name"], name);
        assert_close(&values(&answer, place), &output(&expected, name).1);
    }
    // Lists may be nested as the shape is, and a part of the outputs may be asked for.
    let rows: Vec<&[f32]> = frames.values().chunks(frames.dim()).collect();
    let nested = json!({"name": "features", "datatype": "FP32", "shape": shape, "data": [rows]});
    let asked = json!({"inputs": [nested], "outputs": [{"name": "logits"}]});
    let (_, answer) = infer(&bed.server, &asked).await;
    assert_close(&values(&answer, 0), &output(&expected, "logits").1);

    let clip = std::fs::read(real_clip()).unwrap();
    let file = json!({"name": "audio", "datatype": "BYTES", "shape": [1], "parameters": {"content_type": "base64"}, "data": [STANDARD.encode(&clip)]});
    let (_, answer) = infer(&bed.server, &json!({"inputs": [file]})).await;
    let contents = wire::InferTensorContents { bytes_contents: vec![clip.into()], ..Default::default() };
    let expected = bed.infer(about("cnn", input("audio", "BYTES", &[1], contents))).await.unwrap();
    assert_close(&values(&answer, 0), &output(&expected, "probabilities").1);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_a_code() {
    let server = TestServer::start(&[]).await.unwrap();
    let tensor = |shape: Value, data: Value| json!({"name": "features", "datatype": "FP32", "shape": shape, "data": data});
    for (asked, expected) in [
        (json!([]), "it is no JSON object"),
        (json!({"inputs": 5}), "inputs: give a list of objects"),
        (json!({"inputs": []}), "inputs: there are 0"),
        (json!({"inputs": [tensor(json!("wide"), json!([1.0]))]}), "inputs[0].shape: give a list of lengths"),
        (
            json!({"inputs": [tensor(json!([1, 1, 64]), json!(["one"]))]}),
            "inputs[0].data: an element does not fit",
        ),
        (json!({"inputs": [tensor(json!([1, 1, 64]), json!([1.0]))]}), "inputs.features"),
        (json!({"inputs": [tensor(json!([1]), Value::Null)]}), "inputs[0].data: there is none"),
        (json!({"parameters": {"deep": {}}, "inputs": []}), "parameters.deep: give a text"),
        (json!({"id": 7}), "id: give a text"),
    ] {
        let (status, answer) = infer(&server, &asked).await;
        assert_eq!(status, "HTTP/1.1 400 Bad Request", "{asked}");
        assert!(answer["error"].as_str().unwrap().contains(expected), "{expected:?} is missing in {answer}");
    }
    let (status, answer) = post(&server, "/v2/models/oracle/infer", "", b"{}").await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    assert!(answer["error"].as_str().unwrap().contains("oracle"));
    let beyond = "Inference-Header-Content-Length: 5\r\n";
    let (status, _) = post(&server, "/v2/models/cnn/infer", beyond, b"{}").await;
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    let asked = br#"{"inputs":[{"name":"audio","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":9}}]}"#;
    let (_, answer) = post(&server, "/v2/models/cnn/infer", "", asked).await;
    assert!(answer["error"].as_str().unwrap().contains("the body has 0 left"), "{answer}");
}

#[tokio::test]
async fn a_packed_body_is_refused_by_the_name_of_its_encoding() {
    let server = TestServer::start(&[]).await.unwrap();
    let (status, told) =
        post(&server, "/v2/models/cnn/infer", "Content-Encoding: gzip\r\n", &[0x1f, 0x8b]).await;
    assert!(
        status.contains("415") && told["error"].as_str().unwrap().contains("\"gzip\""),
        "{status} {told}"
    );
    let (status, told) = post(&server, "/v2/models/cnn/infer", "Content-Encoding: identity\r\n", b"{").await;
    assert!(status.contains("400"), "{status} {told}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_with_the_setting_that_bounds_it() {
    let server = TestServer::start(&[("grpc.max_message_bytes", "65536")]).await.unwrap();
    // By one byte, so that nothing is left unread when the server answers.
    let (status, told) = post(&server, "/v2/models/cnn/infer", "", &[b' '; 65_537]).await;
    assert!(status.contains("413"), "{status}");
    assert!(told["error"].as_str().unwrap().contains("grpc.max_message_bytes"), "{told}");
}

#[tokio::test]
async fn probes_and_metadata_are_those_of_grpc() {
    let server = TestServer::start(&[]).await.unwrap();
    for path in [
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/cnn/ready",
        &format!("/v2/models/cnn/versions/{CNN_VERSION}/ready"),
    ] {
        assert_eq!(server.get(path).await.unwrap().0, "HTTP/1.1 200 OK", "{path}");
    }
    assert_eq!(server.get("/v2/models/oracle/ready").await.unwrap().0, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(server.get("/v2/models/cnn/versions/9.9.9").await.unwrap().0, "HTTP/1.1 404 Not Found");
    let told: Value = serde_json::from_str(&server.get("/v2").await.unwrap().1).unwrap();
    assert_eq!(told["name"], "undertone");
    let told: Value = serde_json::from_str(&server.get("/v2/models/cnn").await.unwrap().1).unwrap();
    assert_eq!(
        (&told["inputs"][0]["name"], &told["outputs"][0]["name"]),
        (&json!("features"), &json!("probabilities"))
    );
}

#[tokio::test]
async fn a_page_from_elsewhere_takes_no_model_out_of_service() {
    let server = TestServer::start(&[]).await.unwrap();
    let unload = "/v2/repository/models/lstm/unload";
    // What a browser sends for such a page without asking beforehand.
    let page = "Origin: https://evil.example\r\nContent-Type: text/plain\r\n";
    let (status, sentence) = send(&server, unload, page, b"").await;
    assert_eq!(status, "HTTP/1.1 403 Forbidden");
    assert!(sentence.contains("http.allowed_origins"), "{sentence}");
    assert_eq!(server.get("/v2/models/lstm/ready").await.unwrap().0, "HTTP/1.1 200 OK");
    assert_eq!(send(&server, unload, "", b"").await, ("HTTP/1.1 200 OK".into(), String::new()));
    assert_eq!(server.get("/v2/models/lstm/ready").await.unwrap().0, "HTTP/1.1 503 Service Unavailable");
}

#[tokio::test]
async fn what_is_wrong_with_a_change_of_the_models_is_named() {
    let server = TestServer::start(&[]).await.unwrap();
    for (path, body, expected) in [
        ("index", "[]", "no JSON object"),
        ("index", r#"{"ready": "yes"}"#, "no JSON object"),
        ("index", r#"{"only_ready": true}"#, "only_ready"),
        ("models/cnn/load", r#"{"parameters": {"config": "{}"}}"#, "parameters.config: it is not understood"),
        ("models/cnn/load", r#"{"parameters": {"deep": {}}}"#, "parameters.deep: give a text"),
        ("models/cnn/unload", r#"{"parameters": {"soon": 1.5}}"#, "parameters.soon: give a text"),
    ] {
        let (status, told) = post(&server, &format!("/v2/repository/{path}"), "", body.as_bytes()).await;
        assert_eq!(status, "HTTP/1.1 400 Bad Request", "{path} {body}");
        let sentence = told["error"].as_str().unwrap();
        assert!(sentence.contains(expected), "{expected:?} is missing in {sentence:?}");
    }
    let (status, _) = post(&server, "/v2/repository/models/oracle/load", "", b"").await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
}

#[tokio::test]
async fn versions_that_are_not_ready_are_listed_unless_only_ready_ones_are_asked_for() {
    let server = TestServer::start(&[]).await.unwrap();
    send(&server, "/v2/repository/models/lstm/unload", "", b"").await;
    let (_, all) = post(&server, "/v2/repository/index", "", b"").await;
    let state = |name: &str| {
        let all = all.as_array().unwrap();
        all.iter().find(|own| own["name"] == name).unwrap()["state"].clone()
    };
    assert_eq!(state("cnn"), "READY");
    // Draining until the workers have given it back.
    assert!([json!("UNLOADING"), json!("UNAVAILABLE")].contains(&state("lstm")), "{all}");
    let (_, ready) = post(&server, "/v2/repository/index", "", br#"{"ready": true}"#).await;
    assert!(ready.as_array().unwrap().iter().all(|own| own["name"] == "cnn"), "{ready}");
}
