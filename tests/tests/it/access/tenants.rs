//! What tenants can know of each other: nothing.

use super::{guarded, line, new_key, recognizer, recording, until};
use std::time::{Duration, SystemTime};
use tonic::Code;
use undertone::access::listed;
use undertone_proto::inference as wire;
use undertone_proto::v1;
use undertone_proto::v1::streaming_recognize_response::Message as Tell;
use undertone_store::JournalReader;
use undertone_tests::{CNN_VERSION, TestServer, ask, float_config};

#[tokio::test]
async fn records_belong_to_the_tenant_of_the_key() {
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--tenant", "acme"]);
    until(&server, &key, Code::Ok).await;
    recognizer(&server, &key).await.recognize(recording()).await.unwrap();
    let folder = server.stop().await.unwrap();
    let streams = JournalReader::open(folder.path()).await.unwrap().recent_streams(10).await.unwrap();
    let tenants: Vec<_> = streams.iter().map(|stream| stream.opened.tenant.as_str()).collect();
    assert_eq!(tenants, ["acme"]);
}

#[tokio::test]
async fn recordings_that_come_as_tensors_belong_to_the_tenant_of_the_key() {
    use base64::Engine as _;
    let server = guarded().await;
    let key = new_key(server.data_dir(), &["--tenant", "acme"]);
    until(&server, &key, Code::Ok).await;
    let line = line(&server, Some(&key)).await;
    let mut client = wire::grpc_inference_service_client::GrpcInferenceServiceClient::new(line);
    let audio = recording().audio;
    let contents = wire::InferTensorContents { bytes_contents: vec![audio.clone()], ..Default::default() };
    let tensor = wire::model_infer_request::InferInputTensor {
        name: "audio".into(),
        datatype: "BYTES".into(),
        shape: vec![1],
        contents: Some(contents),
        ..Default::default()
    };
    let asked = wire::ModelInferRequest { inputs: vec![tensor], ..Default::default() };
    client.model_infer(asked.clone()).await.unwrap();
    let mut answers = client.model_stream_infer(tokio_stream::iter([asked])).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().error_message, "");
    let data = base64::engine::general_purpose::STANDARD.encode(&audio);
    let tensor = serde_json::json!({"name": "audio", "datatype": "BYTES", "shape": [1], "parameters": {"content_type": "base64"}, "data": [data]});
    let asked = serde_json::json!({"inputs": [tensor]}).to_string();
    let header = format!("X-Api-Key: {key}\r\n");
    let (status, _) =
        crate::inference::http::post(&server, "/v2/models/cnn/infer", &header, asked.as_bytes()).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let folder = server.stop().await.unwrap();
    let streams = JournalReader::open(folder.path()).await.unwrap().recent_streams(10).await.unwrap();
    let tenants: Vec<_> = streams.iter().map(|stream| stream.opened.tenant.as_str()).collect();
    assert_eq!(tenants, ["acme"; 3]);
}

/// The series of the analytics of emotions, as the holder of `key` is told them.
async fn emotions(server: &undertone_tests::TestServer, key: &str) -> serde_json::Value {
    let header = format!("X-Api-Key: {key}\r\n");
    let (status, body) = server.get_with("/api/v1/analytics/emotions?step=hour", &header).await.unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    let mut told: serde_json::Value = serde_json::from_str(&body).unwrap();
    told["series"].take()
}

#[tokio::test]
async fn analytics_tell_a_key_of_its_own_tenants_answers_and_of_no_others() {
    let server = guarded().await;
    let scopes = ["--scopes", "recognize,analytics"];
    let own = new_key(server.data_dir(), &scopes);
    let acme = new_key(server.data_dir(), &[&["--tenant", "acme"], scopes.as_slice()].concat());
    until(&server, &acme, Code::Ok).await;
    recognizer(&server, &acme).await.recognize(recording()).await.unwrap();
    assert_ne!(emotions(&server, &acme).await, serde_json::json!([]));
    assert_eq!(emotions(&server, &own).await, serde_json::json!([]), "nor is the tenant without a name told");
}

/// Everything that analytics tell the holder of `key`, by the path that it was asked for.
async fn all_told(server: &TestServer, key: &str) -> Vec<(String, String)> {
    let header = format!("X-Api-Key: {key}\r\n");
    // Drift compares with a time that holds what was heard now.
    let soon = prost_types::Timestamp::from(SystemTime::now() + Duration::from_secs(3_600));
    let reference = format!("reference_end={soon}");
    let mut told = Vec::new();
    for path in listed().filter(|path| path.starts_with("/api/v1/analytics/")) {
        let asked = if path.ends_with("/drift") { format!("{path}?{reference}") } else { path.to_owned() };
        let (status, body) = server.get_with(&asked, &header).await.unwrap();
        assert_eq!(status, "HTTP/1.1 200 OK", "{path}: {body}");
        told.push((path.to_owned(), body));
    }
    told
}

#[tokio::test]
async fn no_question_of_analytics_tells_a_tenant_that_another_one_was_there() {
    let server = guarded().await;
    let of = |tenant| {
        new_key(server.data_dir(), &["--tenant", tenant, "--scopes", "recognize,analytics,feedback"])
    };
    let [acme, other] = ["acme", "other"].map(of);
    until(&server, &other, Code::Ok).await;
    let unheard = all_told(&server, &other).await;
    assert!(unheard.len() > 6, "{unheard:?}");
    let answer = recognizer(&server, &acme).await.recognize(recording()).await.unwrap().into_inner();
    let about = answer.utterances[0].result.as_ref().unwrap().prediction_id.clone();
    let mut feedback = v1::feedback_client::FeedbackClient::new(line(&server, Some(&acme)).await);
    let judgement = v1::Judgement {
        about: Some(v1::judgement::About::PredictionId(about)),
        verdict: Some(v1::judgement::Verdict::Label("happy".into())),
        source: "a test".into(),
        ..v1::Judgement::default()
    };
    feedback.give_feedback(v1::GiveFeedbackRequest { judgements: vec![judgement] }).await.unwrap();
    let own = all_told(&server, &acme).await;
    let changed = own.iter().zip(&unheard).filter(|(own, unheard)| own.1 != unheard.1).count();
    assert!(changed >= 4, "its own answers are told: {own:?}");
    assert_eq!(all_told(&server, &other).await, unheard, "nothing changed for the other one");
}

#[tokio::test]
async fn what_counts_everybodys_calls_is_not_for_a_tenant() {
    let server = guarded().await;
    let of = |tenant, scopes| new_key(server.data_dir(), &["--tenant", tenant, "--scopes", scopes]);
    let (tenants, operators) = (of("acme", "analytics"), of("default", "analytics"));
    let admin = of("acme", "admin");
    until(&server, &admin, Code::Ok).await;
    for (key, page_status) in [(&tenants, "403 Forbidden"), (&operators, "200 OK"), (&admin, "200 OK")] {
        let header = format!("X-Api-Key: {key}\r\n");
        for page in [
            "/metrics",
            "/v2/models/stats",
            "/v2/models/cnn/stats",
            &format!("/v2/models/cnn/versions/{CNN_VERSION}/stats"),
        ] {
            let (status, _) = server.get_with(page, &header).await.unwrap();
            assert_eq!(status, format!("HTTP/1.1 {page_status}"), "{page}");
        }
        let line = line(&server, Some(key)).await;
        let mut client = wire::grpc_inference_service_client::GrpcInferenceServiceClient::new(line);
        let told = client.model_statistics(wire::ModelStatisticsRequest::default()).await;
        let refused = told.err().map(|status| status.code());
        assert_eq!(refused, (key == &tenants).then_some(Code::PermissionDenied));
    }
}

#[tokio::test]
async fn a_stream_is_taken_up_again_by_its_own_tenant_only() {
    let server = guarded().await;
    let [ann, ben] = ["ann", "ben"].map(|tenant| new_key(server.data_dir(), &["--tenant", tenant]));
    until(&server, &ben, Code::Ok).await;
    let config = v1::RecognitionConfig { resumable: true, ..float_config("") };
    let started = started(&server, &ann, config).await.unwrap();
    let token = started.acknowledgement.unwrap().resume_token;
    let again = v1::RecognitionConfig { resume_token: token, ..started.effective_config.unwrap() };
    let refusal = self::started(&server, &ben, again.clone()).await.unwrap_err();
    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal:?}");
    let taken_up = self::started(&server, &ann, again).await.unwrap();
    assert_eq!(taken_up.stream_id, started.stream_id);
}

/// Opens a stream and gives its first reply.
async fn started(
    server: &undertone_tests::TestServer,
    key: &str,
    config: v1::RecognitionConfig,
) -> Result<v1::Started, tonic::Status> {
    let asks = tokio_stream::iter([ask(v1::streaming_recognize_request::Message::Config(config))]);
    let mut replies = recognizer(server, key).await.streaming_recognize(asks).await?.into_inner();
    match replies.message().await?.and_then(|reply| reply.message) {
        Some(Tell::Started(started)) => Ok(started),
        other => panic!("a stream begins with Started, not with {other:?}"),
    }
}
