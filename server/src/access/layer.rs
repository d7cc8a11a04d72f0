//! The layer in front of the services.

use super::{Guard, Refusal};
use crate::grpc;
use crate::tls::Peer;
use axum::extract::{ConnectInfo, State};
use axum::middleware::Next;
use axum::response::IntoResponse;
use http::{HeaderValue, Request, Response, StatusCode, header};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Code;
use tower::{Layer, Service};
use undertone_telemetry::Metrics;

/// Lets calls through that [`Guard`] admits, with their [`Caller`](super::Caller) among the request's extensions.
#[derive(Clone)]
pub(crate) struct AccessLayer {
    pub(crate) guard: Arc<Guard>,
    pub(crate) metrics: Arc<Metrics>,
}

/// See [`AccessLayer`].
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    service: S,
    layer: AccessLayer,
}

impl<S> Layer<S> for AccessLayer {
    type Service = Guarded<S>;

    fn layer(&self, service: S) -> Guarded<S> {
        Guarded { service, layer: self.clone() }
    }
}

impl<S, Asked, Answered> Service<Request<Asked>> for Guarded<S>
where
    S: Service<Request<Asked>, Response = Response<Answered>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    Answered: Default + Send + 'static,
{
    type Response = Response<Answered>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answered>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Asked>) -> Self::Future {
        match self.layer.admit(&mut request) {
            Ok(()) => Box::pin(self.service.call(request)),
            Err(refusal) => Box::pin(std::future::ready(Ok(grpc::refused(&refusal).into_http()))),
        }
    }
}

impl AccessLayer {
    /// Notes who calls in the request, if they may.
    pub(crate) fn admit<Asked>(&self, request: &mut Request<Asked>) -> Result<(), Refusal> {
        let peer = peer_of(request);
        let path = request.uri().path();
        match self.guard.admit(path, request.headers(), &peer) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                Ok(())
            }
            Err(refusal) => {
                self.metrics.rpc.refused.with_label_values(&[refusal.reason()]).inc();
                tracing::debug!(path, peer = ?peer.address, %refusal, "a call is refused");
                Err(refusal)
            }
        }
    }
}

/// Who is at the other end, as tonic and as axum note it.
fn peer_of<Asked>(request: &Request<Asked>) -> Peer {
    let extensions = request.extensions();
    let of_page = || extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer);
    extensions.get::<Peer>().or_else(of_page).cloned().unwrap_or_default()
}

/// The same in front of pages.
pub(crate) async fn guard_pages(
    State(layer): State<AccessLayer>,
    mut request: axum::extract::Request,
    next: Next,
) -> axum::response::Response {
    match layer.admit(&mut request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused_page(&refusal),
    }
}

fn refused_page(refusal: &Refusal) -> axum::response::Response {
    let status = match grpc::refused(refusal).code() {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = (status, format!("{refusal}\n")).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(delay) = refusal.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs_f64().ceil() as u64));
    }
    response
}
