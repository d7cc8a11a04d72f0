//! Experiments in the running server.

mod adaptive;
mod command_line;
mod erasure;
mod exposed;
mod feedback;
mod guardrail;
mod life;
mod past;
mod serving;
mod shadows;
mod shared;

use serde_json::{Value, json};
use undertone_proto::v1;
use undertone_tests::{TestServer, crowd, shipped_clip};
use v1::change_experiment_request::Step;

/// Has models answer whatever they think of the shipped clip, whose synthetic voice leaves them unsure: an answer that abstains
/// is never right.
const ANSWER_ALWAYS: (&str, &str) = ("recognition.abstain_below", "0");

/// An experiment of the two shipped models, without mistakes.
fn definition() -> Value {
    json!({
        "name": "trial",
        "control": "cnn",
        "arms": [
            { "name": "cnn", "model": "cnn", "weight": 50 },
            { "name": "lstm", "model": "lstm", "weight": 50 },
        ],
        "metrics": [{ "metric": "accuracy", "margin": 0.01 }],
        "planned_units": 100,
    })
}

async fn create(
    server: &TestServer,
    definition: &Value,
) -> Result<v1::CreateExperimentResponse, tonic::Status> {
    let request = v1::CreateExperimentRequest {
        definition: definition.to_string(),
        who: "ann".into(),
        why: "to see".into(),
    };
    let mut client = crowd::experiments(server).await.unwrap();
    client.create_experiment(request).await.map(tonic::Response::into_inner)
}

async fn step(server: &TestServer, step: Step) -> Result<v1::Experiment, tonic::Status> {
    let request = v1::ChangeExperimentRequest {
        name: "trial".into(),
        who: "ann".into(),
        why: "to see".into(),
        step: Some(step),
    };
    let mut client = crowd::experiments(server).await.unwrap();
    client.change_experiment(request).await.map(|changed| changed.into_inner().experiment.unwrap())
}

async fn assigned(server: &TestServer, key: &str) -> v1::AssignResponse {
    let request = v1::AssignRequest { name: "trial".into(), key: key.into(), ..Default::default() };
    crowd::experiments(server).await.unwrap().assign(request).await.unwrap().into_inner()
}

/// A server that runs `definition`.
async fn running(definition: &Value, flags: &[(&str, &str)]) -> TestServer {
    let server = TestServer::start(flags).await.unwrap();
    create(&server, definition).await.unwrap();
    step(&server, Step::Start(v1::StartStep {})).await.unwrap();
    server
}

/// Has the shipped clip recognised as `config` says.
async fn recognize(
    server: &TestServer,
    config: v1::RecognitionConfig,
) -> Result<v1::RecognizeResponse, tonic::Status> {
    let audio = std::fs::read(shipped_clip()).unwrap().into();
    let request = v1::RecognizeRequest { config: Some(config), audio };
    server.recognizer().await.unwrap().recognize(request).await.map(tonic::Response::into_inner)
}

/// A configuration for a subject that leaves the model out.
fn subject(key: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig { subject_key: key.into(), ..Default::default() }
}

async fn json_report(server: &TestServer) -> Value {
    let report = crowd::report(server, "trial", v1::ReportFormat::Json).await.unwrap();
    serde_json::from_str(&report).unwrap()
}
