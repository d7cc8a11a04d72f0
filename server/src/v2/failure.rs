//! Errors as HTTP has them.

use super::writing::json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The status as a code and an object with the sentence.
pub(super) fn response(status: &Status) -> Response {
    let mut response = (code(status.code()), json(&json!({ "error": status.message() }))).into_response();
    if status.code() == Code::Unauthenticated {
        // RFC 6750, section 3.
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
    if let Some(delay) = delay {
        let seconds = HeaderValue::from(delay.as_secs_f64().ceil() as u64);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// A body that nobody unpacks here.
pub(super) fn encoded(encoding: &str) -> Response {
    let sentence = format!("content-encoding: {encoding:?} is not understood; send the body as it is");
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        // RFC 9110, section 12.5.3.
        [(header::ACCEPT_ENCODING, "identity")],
        json(&json!({ "error": sentence })),
    )
        .into_response()
}

fn code(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::FailedPrecondition => StatusCode::BAD_REQUEST,
        Code::OutOfRange => StatusCode::PAYLOAD_TOO_LARGE,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
