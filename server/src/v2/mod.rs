//! `/v2`: the Open Inference Protocol over HTTP. The service behind it is the one behind gRPC; here its messages are
//! read from JSON, with tensors as lists or behind it in the binary extension, and written so.

mod about;
mod body;
mod failure;
mod lean;
mod reading;
mod repository;
mod writing;

use crate::access::{AccessLayer, Caller};
use crate::grpc::{self, InferenceService};
use crate::settings::Settings;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request as Asked, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use serde_json::{Value, json};
use std::collections::HashMap;
use tonic::{Request, Status};
use undertone_proto::inference as wire;
use wire::grpc_inference_service_server::GrpcInferenceService;

/// What a path names: `name`, and `version` where it does.
type Named = Path<HashMap<String, String>>;

/// The routes, for those whom `access` lets in; larger bodies than `grpc.max_message_bytes` are refused.
pub(crate) fn router(service: InferenceService, settings: &Settings, access: AccessLayer) -> Router {
    let mut routes = Router::new()
        .route("/v2", get(server))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/stats", get(about::statistics))
        .merge(repository::routes(&settings.allowed_origins));
    for model in ["/v2/models/{name}", "/v2/models/{name}/versions/{version}"] {
        routes = routes
            .route(model, get(self::model))
            .route(&format!("{model}/ready"), get(model_ready))
            .route(&format!("{model}/config"), get(about::config))
            .route(&format!("{model}/stats"), get(about::statistics))
            .route(&format!("{model}/infer"), post(infer));
    }
    routes
        .layer(DefaultBodyLimit::max(settings.grpc.max_message_bytes))
        .layer(from_fn_with_state(access, guard))
        .with_state(service)
}

/// Lets in whom `access` does. Others are told in the words of this protocol, since its clients read errors as JSON.
async fn guard(State(access): State<AccessLayer>, mut asked: Asked, next: Next) -> Response {
    match access.admit(&mut asked) {
        Ok(()) => next.run(asked).await,
        Err(refusal) => failure::response(&grpc::refused(&refusal)),
    }
}

async fn server(State(service): State<InferenceService>) -> Response {
    let told = service.server_metadata(Request::new(wire::ServerMetadataRequest {})).await;
    answer(told.map(|told| writing::server(told.into_inner())))
}

async fn live(State(service): State<InferenceService>) -> Response {
    let told = service.server_live(Request::new(wire::ServerLiveRequest {})).await;
    truth("live", told.map(|told| told.into_inner().live))
}

async fn ready(State(service): State<InferenceService>) -> Response {
    let told = service.server_ready(Request::new(wire::ServerReadyRequest {})).await;
    truth("ready", told.map(|told| told.into_inner().ready))
}

async fn model(State(service): State<InferenceService>, Path(named): Named) -> Response {
    let (name, version) = name_and_version(&named);
    let told = service.model_metadata(Request::new(wire::ModelMetadataRequest { name, version })).await;
    answer(told.map(|told| writing::model(told.into_inner())))
}

async fn model_ready(State(service): State<InferenceService>, Path(named): Named) -> Response {
    let (name, version) = name_and_version(&named);
    let told = service.model_ready(Request::new(wire::ModelReadyRequest { name, version })).await;
    truth("ready", told.map(|told| told.into_inner().ready))
}

async fn infer(
    State(service): State<InferenceService>,
    Extension(caller): Extension<Caller>,
    Path(named): Named,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|own| *own != "identity") {
        return failure::encoded(&String::from_utf8_lossy(encoding.as_bytes()));
    }
    let (model_name, model_version) = name_and_version(&named);
    let answered = async {
        let body = body.map_err(|rejection| unread(&rejection))?;
        let (asked, style) = reading::request(&headers, body)?;
        let mut request = Request::new(wire::ModelInferRequest { model_name, model_version, ..asked });
        request.extensions_mut().insert(caller);
        let told = service.model_infer(request).await?.into_inner();
        writing::inference(told, &style)
    };
    answered.await.unwrap_or_else(|status: Status| failure::response(&status))
}

/// Why there is no body, in the words of this protocol.
fn unread(rejection: &BytesRejection) -> Status {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Status::out_of_range("the body is larger than the setting grpc.max_message_bytes allows")
        }
        _ => Status::invalid_argument(rejection.body_text()),
    }
}

fn name_and_version(named: &HashMap<String, String>) -> (String, String) {
    let part = |key: &str| named.get(key).cloned().unwrap_or_default();
    (part("name"), part("version"))
}

fn answer(told: Result<Value, Status>) -> Response {
    match told {
        Ok(value) => writing::json(&value),
        Err(status) => failure::response(&status),
    }
}

/// 200 where it holds and 503 where it does not, which is all that probes look at.
fn truth(name: &str, told: Result<bool, Status>) -> Response {
    match told {
        Ok(holds) => {
            let code = if holds { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (code, writing::json(&json!({ name: holds }))).into_response()
        }
        Err(status) => failure::response(&status),
    }
}
