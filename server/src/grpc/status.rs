//! From errors to gRPC codes: the one table, with rich details.

use crate::access::Refusal;
use crate::experiments;
use crate::readiness::NoModel;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};
pub(crate) use undertone_client::code_name;
use undertone_core::{ErrorKind, PluginError, RecordError};
use undertone_engine::{OpenError, QuestionError, StreamFailure};
use undertone_store::StoreError;

/// A client may try again this long after a plugin instance was lost.
const RETRY_AFTER_LOSS: Duration = Duration::from_millis(500);

/// The code for a kind of failure.
pub(crate) const fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::InvalidInput => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Overload => Code::ResourceExhausted,
        ErrorKind::Late => Code::DeadlineExceeded,
        ErrorKind::Plugin | ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

/// Every wrong field of a request, together.
pub(crate) fn bad_request(violations: Vec<FieldViolation>) -> Status {
    let sentences: Vec<String> = violations
        .iter()
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect();
    let message = format!("the request cannot be worked with: {}", sentences.join("; "));
    Status::with_error_details(Code::InvalidArgument, message, ErrorDetails::with_bad_request(violations))
}

/// One wrong field.
pub(crate) fn bad_field(field: &str, description: impl Into<String>) -> Status {
    bad_request(vec![FieldViolation::new(field, description)])
}

/// A model that the server does not have.
pub(crate) fn unknown_model(name: &str, sentence: &str) -> Status {
    missing("undertone.v1.Model", name, sentence)
}

fn missing(kind: &str, name: &str, sentence: &str) -> Status {
    let details = ErrorDetails::with_resource_info(kind, name, "", sentence);
    Status::with_error_details(Code::NotFound, sentence, details)
}

/// No model does the work that a client asks for.
pub(crate) fn no_model(name: &str, none: &NoModel) -> Status {
    match none {
        NoModel::Unknown(sentence) => unknown_model(name, sentence),
        NoModel::Unready(unready) => {
            retry_later(code_of(ErrorKind::Unavailable), unready.why.clone(), unready.retry_after)
        }
    }
}

/// A stream that failed, with the delay after which a retry may help.
pub(crate) fn stream_failed(failure: StreamFailure) -> Status {
    match failure.retry_after {
        Some(delay) => retry_later(code_of(failure.kind), failure.message, delay),
        None if failure.kind == ErrorKind::InvalidInput => bad_field("audio", failure.message),
        None => Status::new(code_of(failure.kind), failure.message),
    }
}

/// A stream that could not be opened.
pub(crate) fn not_opened(error: &OpenError) -> Status {
    retry_later(code_of(error.kind()), error.to_string(), error.retry_after())
}

/// Frames that were not scored.
pub(crate) fn not_scored(error: &QuestionError) -> Status {
    match error.retry_after() {
        Some(delay) => retry_later(code_of(error.kind()), error.to_string(), delay),
        None if error.kind() == ErrorKind::InvalidInput => bad_field("inputs.features", error.to_string()),
        None => Status::new(code_of(error.kind()), error.to_string()),
    }
}

/// An item of a batch that the model could not score.
pub(crate) fn item_failed(item: usize, error: &PluginError) -> Status {
    match error.kind() {
        ErrorKind::InvalidInput => bad_field(&format!("inputs.features[{item}]"), error.to_string()),
        kind => {
            let delay = error.retry_after().unwrap_or(RETRY_AFTER_LOSS);
            retry_later(code_of(kind), format!("item {item}: {error}"), delay)
        }
    }
}

/// An item of a batch that the model gave no numbers for.
pub(crate) fn item_not_finite(item: usize) -> Status {
    let message = format!("item {item}: the model gave no finite scores");
    retry_later(code_of(ErrorKind::Plugin), message, RETRY_AFTER_LOSS)
}

/// A caller that is not let in, or has used up what it may use.
pub(crate) fn refused(refusal: &Refusal) -> Status {
    let code = match refusal {
        Refusal::MissingScope { .. } | Refusal::OfEverybody { .. } => Code::PermissionDenied,
        Refusal::TooManyStreams { .. } | Refusal::AudioSpent { .. } => Code::ResourceExhausted,
        Refusal::KeysUnreadable => Code::Unavailable,
        _ => Code::Unauthenticated,
    };
    match refusal.retry_after() {
        Some(delay) => retry_later(code, refusal.to_string(), delay),
        None => Status::new(code, refusal.to_string()),
    }
}

/// The worker that owned the stream is gone.
pub(crate) fn worker_lost() -> Status {
    retry_later(
        Code::Unavailable,
        "the worker of this stream was lost; open a new one".into(),
        Duration::ZERO,
    )
}

/// The server shuts down before it has heard the whole recording.
pub(crate) fn cut_short() -> Status {
    let message = "the server is shutting down and has not heard the whole recording; send it again";
    retry_later(Code::Unavailable, message.into(), Duration::from_secs(1))
}

/// A call that a shutdown ends.
pub(crate) fn draining() -> Status {
    let message = "the server is shutting down and takes no new requests";
    retry_later(Code::Unavailable, message.into(), Duration::from_secs(1))
}

/// A client that is sent replies and does not read them.
pub(crate) fn not_reading(patience: Duration) -> Status {
    Status::deadline_exceeded(format!("no reply was read for {} s", patience.as_secs_f32()))
}

/// A result that could not be made durable is not sent, and a stream that could not be recorded is not opened.
pub(crate) fn not_recorded(what: &str, error: &RecordError) -> Status {
    let message = format!("{what} could not be recorded, so it is refused: {error}");
    match error.kind.may_retry() {
        true => retry_later(code_of(error.kind), message, Duration::from_secs(5)),
        false => Status::new(code_of(error.kind), message),
    }
}

/// A question to the store that was not answered.
pub(crate) fn store_failed(error: &StoreError) -> Status {
    match error {
        StoreError::TooMuch { .. } => bad_field("range", error.to_string()),
        _ => {
            tracing::warn!(error = error.sentence(), "a question to the store failed");
            retry_later(Code::Unavailable, error.to_string(), Duration::from_secs(5))
        }
    }
}

/// A step or question about an experiment that is refused.
pub(crate) fn about_experiment(refusal: &experiments::Refusal) -> Status {
    use experiments::Refusal;
    let message = refusal.to_string();
    match refusal {
        Refusal::Mistakes(mistakes) => {
            let violation = |mistake: &String| FieldViolation::new("definition", mistake.clone());
            let violations: Vec<FieldViolation> = mistakes.iter().map(violation).collect();
            let details = ErrorDetails::with_bad_request(violations);
            Status::with_error_details(Code::InvalidArgument, message, details)
        }
        Refusal::Unknown(name) => missing("undertone.v1.Experiment", name, &message),
        Refusal::Exists(_) => Status::already_exists(message),
        Refusal::NotNow(_) | Refusal::NoStore(_) => Status::failed_precondition(message),
        Refusal::Changed => Status::aborted(message),
        Refusal::Store(_) => retry_later(Code::Unavailable, message, Duration::from_secs(5)),
    }
}

fn retry_later(code: Code, message: String, delay: Duration) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_retry_info(Some(delay)))
}
