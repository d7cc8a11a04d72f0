//! `/v2/repository`: which versions there are, and what becomes of them, in the shapes of Triton's extension.

use super::{answer, failure};
use crate::grpc::{InferenceService, bad_field};
use crate::settings::Origins;
use crate::web_pages::pages_of;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tonic::{Request, Status};
use undertone_proto::inference as wire;
use wire::grpc_inference_service_server::GrpcInferenceService;
use wire::model_repository_parameter::ParameterChoice;
use wire::repository_index_response::ModelIndex;

type Parameters = HashMap<String, wire::ModelRepositoryParameter>;

/// What a body may say.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    ready: bool,
    parameters: Map<String, Value>,
}

/// The routes. A page of an origin that `origins` does not allow may not change what is served, though its browser would
/// send what it asks for.
pub(super) fn routes(origins: &Origins) -> Router<InferenceService> {
    let changes = Router::new()
        .route("/v2/repository/models/{name}/load", post(load))
        .route("/v2/repository/models/{name}/unload", post(unload));
    Router::new().route("/v2/repository/index", post(index)).merge(pages_of(changes, origins))
}

async fn index(State(service): State<InferenceService>, body: Bytes) -> Response {
    let told = async {
        let ready = read(&body)?.ready;
        let asked = wire::RepositoryIndexRequest { ready, ..Default::default() };
        Ok(service.repository_index(Request::new(asked)).await?.into_inner())
    };
    answer(told.await.map(|told| told.models.into_iter().map(written).collect()))
}

async fn load(State(service): State<InferenceService>, Path(name): Path<String>, body: Bytes) -> Response {
    let done = async {
        let parameters = parameters(read(&body)?.parameters)?;
        let asked = wire::RepositoryModelLoadRequest { model_name: name, parameters, ..Default::default() };
        service.repository_model_load(Request::new(asked)).await.map(drop)
    };
    nothing(done.await)
}

async fn unload(State(service): State<InferenceService>, Path(name): Path<String>, body: Bytes) -> Response {
    let done = async {
        let parameters = parameters(read(&body)?.parameters)?;
        let asked = wire::RepositoryModelUnloadRequest { model_name: name, parameters, ..Default::default() };
        service.repository_model_unload(Request::new(asked)).await.map(drop)
    };
    nothing(done.await)
}

/// An empty body asks for nothing in particular.
fn read(body: &Bytes) -> Result<Asked, Status> {
    if body.is_empty() {
        return Ok(Asked::default());
    }
    // A list would do for a structure as well.
    let object = serde_json::from_slice::<Map<String, Value>>(body);
    object
        .and_then(|object| serde_json::from_value(object.into()))
        .map_err(|error| bad_field("body", format!("it is no JSON object with ready or parameters: {error}")))
}

fn parameters(given: Map<String, Value>) -> Result<Parameters, Status> {
    let read = |(name, value): (String, Value)| {
        let choice = match value {
            Value::Bool(flag) => Some(ParameterChoice::BoolParam(flag)),
            Value::String(text) => Some(ParameterChoice::StringParam(text)),
            Value::Number(number) => number.as_i64().map(ParameterChoice::Int64Param),
            _ => None,
        };
        let wrong = || bad_field(&format!("parameters.{name}"), "give a text, a whole number, true or false");
        let choice = choice.ok_or_else(wrong)?;
        Ok((name, wire::ModelRepositoryParameter { parameter_choice: Some(choice) }))
    };
    given.into_iter().map(read).collect()
}

fn written(own: ModelIndex) -> Value {
    let mut written = json!({ "name": own.name, "version": own.version, "state": own.state });
    if !own.reason.is_empty() {
        written["reason"] = own.reason.into();
    }
    written
}

/// 200 without a body, which is what clients of this extension expect.
fn nothing(done: Result<(), Status>) -> Response {
    match done {
        Ok(()) => StatusCode::OK.into_response(),
        Err(status) => failure::response(&status),
    }
}
