//! The HTTP side: `/metrics`, `/healthz`, `/readyz`.

use crate::access::{AccessLayer, guard_pages};
use crate::models::Models;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use undertone_core::Model;
use undertone_store::ShipperStatus;
use undertone_telemetry::Metrics;

/// What the HTTP side shows.
#[derive(Clone)]
pub(crate) struct HttpState {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) models: Arc<Models>,
    pub(crate) draining: Arc<AtomicBool>,
    pub(crate) shipping: Option<watch::Receiver<ShipperStatus>>,
}

/// The routes.
pub(crate) fn router(state: HttpState, access: AccessLayer) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
        .layer(from_fn_with_state(access, guard_pages))
}

/// 200 with what is served, or 503 with the reason.
async fn ready(State(state): State<HttpState>) -> Response {
    if state.draining.load(Ordering::Acquire) {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: the server is shutting down\n").into_response();
    }
    let models: Vec<String> =
        state.models.ready().list().map(|model| model.reference().to_string()).collect();
    if models.is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: no model is loaded\n").into_response();
    }
    let mut text = format!("ready\nmodels: {}\n", models.join(", "));
    if let Some(shipping) = &state.shipping {
        // The journal keeps every record meanwhile, so a missing Postgres does not make the server unready.
        text.push_str(&describe(&shipping.borrow()));
    }
    text.into_response()
}

fn describe(status: &ShipperStatus) -> String {
    match &status.last_error {
        Some(error) if !status.connected => {
            format!("postgres: not reached, {} records wait in the journal: {error}\n", status.pending_rows)
        }
        _ => format!("postgres: connected, {} records wait in the journal\n", status.pending_rows),
    }
}

async fn metrics(State(state): State<HttpState>) -> Response {
    if let Some(shipping) = &state.shipping {
        let status = shipping.borrow();
        state.metrics.store.postgres_pending.set(i64::try_from(status.pending_rows).unwrap_or(i64::MAX));
        state.metrics.store.postgres_connected.set(i64::from(status.connected));
    }
    match state.metrics.encode() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
