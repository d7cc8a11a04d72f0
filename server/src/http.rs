//! The HTTP side: the console, `/metrics`, `/healthz`, `/readyz`, and analytics.

use crate::access::{AccessLayer, guard_pages};
use crate::analytics::{self, Figures};
use crate::console;
use crate::models::Models;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use undertone_core::Model;
use undertone_store::{Journal, JournalState, ShipperStatus};
use undertone_telemetry::Metrics;

/// What the HTTP side shows.
#[derive(Clone)]
pub(crate) struct HttpState {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) models: Arc<Models>,
    pub(crate) draining: Arc<AtomicBool>,
    /// Whether records are taken.
    pub(crate) journal: watch::Receiver<JournalState>,
    pub(crate) journal_file: PathBuf,
    /// How shipping stands; its row numbers count without a Postgres too.
    pub(crate) status: watch::Receiver<ShipperStatus>,
    pub(crate) ships: bool,
}

/// The routes.
pub(crate) fn router(state: HttpState, figures: Figures, access: AccessLayer) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
        .merge(analytics::routes(figures))
        .merge(console::routes())
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
    if let Some(reason) = state.journal.borrow().reason() {
        let name = state.journal.borrow().name();
        let text = format!("not ready: new streams are refused, since the journal is {name}: {reason}\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    let mut text = format!("ready\nmodels: {}\n", models.join(", "));
    if state.ships {
        // The journal keeps every record meanwhile, so a missing Postgres does not make the server unready.
        text.push_str(&describe(&state.status.borrow()));
    }
    text.into_response()
}

fn describe(status: &ShipperStatus) -> String {
    let aside = match status.set_aside_rows {
        0 => String::new(),
        rows => format!(", {rows} were refused and set aside"),
    };
    match &status.last_error {
        Some(error) if !status.connected => {
            format!(
                "postgres: not reached, {} records wait in the journal{aside}: {error}\n",
                status.pending_rows
            )
        }
        _ => format!("postgres: connected, {} records wait in the journal{aside}\n", status.pending_rows),
    }
}

async fn metrics(State(state): State<HttpState>) -> Response {
    show_store(&state);
    show_counters(&state);
    match state.metrics.encode() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

fn show_counters(state: &HttpState) {
    let counters = state.models.plugin_counters();
    let shown = counters.iter().map(|own| (own.plugin.as_str(), own.name.as_str(), own.value));
    state.metrics.processes.show_counted(shown);
}

fn show_store(state: &HttpState) {
    let metrics = &state.metrics.store;
    let status = state.status.borrow();
    let shown = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    metrics.set_aside.set(shown(status.set_aside_rows));
    if state.ships {
        metrics.postgres_pending.set(shown(status.pending_rows));
        metrics.postgres_shipped.set(shown(status.shipped_rows));
        metrics.postgres_connected.set(i64::from(status.connected));
        metrics.postgres_last_success.set(status.last_success.map_or(0.0, |at| at.0 as f64 / 1e6));
        metrics.show_batches(status.batches, status.batch_time);
    }
    metrics.journal_bytes.set(shown(Journal::disk_bytes(&state.journal_file)));
    let journal = state.journal.borrow().name();
    for name in JournalState::NAMES {
        metrics.journal_state.with_label_values(&[name]).set(i64::from(name == journal));
    }
}
