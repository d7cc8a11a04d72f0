//! `/v1/stream`: the messages of `StreamingRecognize` over a WebSocket, for browsers, which have no bidirectional gRPC.
//! `docs/websocket.md` is its contract.

mod connection;
mod frame;

use crate::access::{AccessLayer, Caller, guard_pages};
use crate::grpc::RecognizerService;
use crate::settings::{Origins, Settings};
use axum::Router;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use connection::Connection;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// The subprotocol that a client may ask for.
const PROTOCOL: &str = "undertone.v1";
/// A message of so many times the limit is read to its end, so that its sender can be told what is wrong.
const READ_BEYOND: usize = 2;

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct WebSockets {
    recognizer: RecognizerService,
    origins: Arc<Origins>,
    manner: Manner,
    /// Every connection that is open.
    open: TaskTracker,
}

/// How connections are kept.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Larger messages are refused.
    max_message_bytes: usize,
    /// How often a silent connection is asked whether it still lives.
    ping_every: Duration,
    /// A client that takes nothing for so long is given up.
    patience: Duration,
}

impl WebSockets {
    /// Streams of `recognizer`.
    pub(crate) fn new(recognizer: RecognizerService, settings: &Settings) -> Self {
        let manner = Manner {
            max_message_bytes: settings.grpc.max_message_bytes,
            ping_every: settings.grpc.keepalive_interval,
            patience: settings.recognition.idle_timeout,
        };
        let origins = Arc::new(settings.allowed_origins.clone());
        Self { recognizer, origins, manner, open: TaskTracker::new() }
    }

    /// The route, for those whom `access` lets in.
    pub(crate) fn router(&self, access: AccessLayer) -> Router {
        let route = Router::new().route("/v1/stream", get(upgrade)).with_state(self.clone());
        route.layer(from_fn_with_state(access, guard_pages))
    }

    /// Returns when every connection has ended; what is opened afterwards is not waited for.
    pub(crate) async fn ended(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

/// Turns a request into a connection, for pages that may open one.
async fn upgrade(
    State(state): State<WebSockets>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("not a text"));
    if !state.origins.allow(text(header::ORIGIN), text(header::HOST)) {
        let sentence =
            "pages of this origin may not open streams here; http.allowed_origins lists those that may\n";
        return (StatusCode::FORBIDDEN, sentence).into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let most = state.manner.max_message_bytes.saturating_mul(READ_BEYOND);
    let open = state.open.token();
    upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most).on_upgrade(
        async move |socket| {
            Connection::new(socket, state.manner).run(&state.recognizer, caller).await;
            drop(open);
        },
    )
}
