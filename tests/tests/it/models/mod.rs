//! Models that come, go and come back while a server runs, and bundles that are not trusted.

mod archives;
mod control;
mod libraries;
mod policies;
mod refusals;
mod releases;
mod restart;
mod resuming;
mod speaker;
mod tools;
mod turns;
mod watching;

pub(crate) use releases::Releases;
pub(crate) use speaker::Speaker;

use tonic::{Code, Status};
use undertone_proto::v1;
use undertone_tests::TestServer;
use v1::load_model_request::Source;
use v1::model_version::State;

/// What a server says about its versions, as `cnn@1.0.0 ready`.
async fn states(server: &TestServer) -> Vec<String> {
    let versions = versions(server).await;
    versions.iter().map(|version| format!("{} {}", spelled(version), state(version))).collect()
}

async fn versions(server: &TestServer) -> Vec<v1::ModelVersion> {
    let mut models = server.models().await.unwrap();
    models.list_models(v1::ListModelsRequest {}).await.unwrap().into_inner().versions
}

fn spelled(version: &v1::ModelVersion) -> String {
    let reference = version.reference.clone().unwrap();
    format!("{}@{}", reference.name, reference.version)
}

fn state(version: &v1::ModelVersion) -> &'static str {
    match version.state() {
        State::Unspecified => "unknown",
        State::Loading => "loading",
        State::Ready => "ready",
        State::Draining => "draining",
        State::Refused => "refused",
        State::Unloaded => "unloaded",
    }
}

/// Waits until a server says `expected` about its versions.
async fn until(server: &TestServer, expected: &[&str]) {
    while states(server).await != expected {
        tokio::task::yield_now().await;
    }
}

async fn load(server: &TestServer, source: Source) -> Result<v1::LoadModelResponse, Status> {
    let request = v1::LoadModelRequest { source: Some(source) };
    server.models().await.unwrap().load_model(request).await.map(tonic::Response::into_inner)
}

async fn load_named(server: &TestServer, name: &str) -> Result<v1::LoadModelResponse, Status> {
    load(server, Source::Model(name.to_owned())).await
}

async fn load_from(server: &TestServer, path: &std::path::Path) -> Result<v1::LoadModelResponse, Status> {
    load(server, Source::Path(path.to_str().unwrap().to_owned())).await
}

/// The one sentence with which a bundle is refused.
async fn refusal(server: &TestServer, path: &std::path::Path) -> String {
    let refused = load_from(server, path).await.expect_err("it should be refused");
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert_eq!(refused.message().lines().count(), 1, "{refused}");
    refused.message().to_owned()
}

async fn unload(server: &TestServer, model: &str) -> Result<Vec<v1::ModelVersion>, Status> {
    let request = v1::UnloadModelRequest { model: model.to_owned() };
    let unloaded = server.models().await.unwrap().unload_model(request).await;
    unloaded.map(|unloaded| unloaded.into_inner().versions)
}

async fn roll_back(server: &TestServer, name: &str) -> Result<v1::RollbackModelResponse, Status> {
    let request = v1::RollbackModelRequest { name: name.to_owned() };
    server.models().await.unwrap().rollback_model(request).await.map(tonic::Response::into_inner)
}
