//! gRPC-web, which lets web pages call the unary methods, and which pages may.

use crate::access::AccessLayer;
use crate::settings::Origins;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, StatusCode, request};
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Tells browsers which pages may call; others get no answer that their script could read.
pub(crate) fn cross_origin(origins: &Origins) -> CorsLayer {
    let origins = origins.clone();
    let allowed = move |origin: &HeaderValue, _: &request::Parts| {
        origin.to_str().is_ok_and(|origin| origins.allow(Some(origin), None))
    };
    let told = ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(told.into_iter().chain([CONTENT_TYPE]).collect::<Vec<_>>())
        .max_age(REMEMBERED)
}

/// The methods of `services` beside the pages, in gRPC-web, so that the console needs no other address than its own.
pub(crate) fn methods(services: Routes, origins: &Origins, access: AccessLayer) -> Router {
    let routes = services.into_axum_router().reset_fallback();
    let routes = routes.layer(access).layer(GrpcWebLayer::new());
    pages_of(routes, origins).layer(cross_origin(origins))
}

/// `routes` as they answer pages of listed origins, the server's own, and whoever is no page.
pub(crate) fn pages_of<S: Clone + Send + Sync + 'static>(routes: Router<S>, origins: &Origins) -> Router<S> {
    routes.layer(from_fn_with_state(Arc::new(origins.clone()), own_pages_alone))
}

/// Refuses calls of pages that are neither listed nor the server's own. A stranger's page could not read the answers, but
/// under a name that points here it would seem to be the server's.
async fn own_pages_alone(State(origins): State<Arc<Origins>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("not a text"));
    if origins.allow(text(http::header::ORIGIN), text(http::header::HOST)) {
        return next.run(request).await;
    }
    let sentence = "pages of this origin may not call here; http.allowed_origins lists those that may\n";
    (StatusCode::FORBIDDEN, sentence).into_response()
}
