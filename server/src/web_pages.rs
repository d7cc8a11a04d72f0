//! gRPC-web, which lets web pages call the unary methods, and which pages may.

use crate::settings::Origins;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, request};
use std::time::Duration;
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
