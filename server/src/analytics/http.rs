//! The same figures as JSON under `/api/v1/analytics/`.

use super::parameters::{FILTER, GROUPS, Parameters, REFERENCE, TIME};
use super::{Figures, json};
use crate::access::Caller;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};
use tonic::{Code, Status};
use undertone_proto::v1;

type Pairs = Query<Vec<(String, String)>>;

/// The routes, below `/api/v1/analytics`.
pub(crate) fn routes(figures: Figures) -> Router {
    Router::new()
        .route("/api/v1/analytics/emotions", get(emotions))
        .route("/api/v1/analytics/confidence", get(confidence))
        .route("/api/v1/analytics/latency", get(latency))
        .route("/api/v1/analytics/agreement", get(agreement))
        .route("/api/v1/analytics/drift", get(drift))
        .route("/api/v1/analytics/training-drift", get(training_drift))
        .route("/api/v1/analytics/judgements", get(judgements))
        .with_state(figures)
}

async fn emotions(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, filter, group_by, .. } = Parameters::read(pairs, &[TIME, FILTER, GROUPS])?;
        let request = v1::QueryEmotionsRequest { range: Some(range), filter: Some(filter), group_by };
        Ok(json::emotions(&figures.emotions(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn confidence(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, filter, group_by, .. } = Parameters::read(pairs, &[TIME, FILTER, GROUPS])?;
        let request = v1::QueryConfidenceRequest { range: Some(range), filter: Some(filter), group_by };
        Ok(json::confidence(&figures.confidence(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn latency(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, filter, group_by, .. } = Parameters::read(pairs, &[TIME, FILTER, GROUPS])?;
        let request = v1::QueryLatencyRequest { range: Some(range), filter: Some(filter), group_by };
        Ok(json::latency(&figures.latency(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn agreement(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let parameters = Parameters::read(pairs, &[TIME])?;
        let request = v1::QueryAgreementRequest { range: Some(parameters.range) };
        Ok(json::agreement(&figures.agreement(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn drift(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, reference, filter, group_by } =
            Parameters::read(pairs, &[TIME, REFERENCE, FILTER, GROUPS])?;
        let request = v1::QueryDriftRequest {
            range: Some(range),
            reference: Some(reference),
            filter: Some(filter),
            group_by,
        };
        Ok(json::drift(&figures.drift(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn training_drift(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, filter, .. } = Parameters::read(pairs, &[TIME, FILTER])?;
        let request = v1::QueryTrainingDriftRequest { range: Some(range), filter: Some(filter) };
        Ok(json::training_drift(&figures.training_drift(&request, &caller).await?))
    };
    respond(answer.await)
}

async fn judgements(
    State(figures): State<Figures>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Pairs,
) -> Response {
    let answer = async {
        let Parameters { range, filter, group_by, .. } = Parameters::read(pairs, &[TIME, FILTER, GROUPS])?;
        let request = v1::QueryJudgementsRequest { range: Some(range), filter: Some(filter), group_by };
        Ok(json::judgements(&figures.judgements(&request, &caller).await?))
    };
    respond(answer.await)
}

fn respond(answer: Result<Value, Status>) -> Response {
    let (code, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(status) => (http_code(status.code()), json!({ "error": status.message() })),
    };
    (code, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

const fn http_code(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
