//! What can go wrong.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt};

/// What a server, or the way to it, answered in place of a result.
#[derive(Debug, Clone)]
pub struct ServerError(Box<Status>);

/// Anything that went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is no URL.
    #[error("{address:?} is not a URL; give for instance http://127.0.0.1:50151")]
    Address {
        /// What was given.
        address: String,
        /// Why it is none.
        source: tonic::codegen::http::uri::InvalidUri,
    },
    /// The address is a URL that leads to no server.
    #[error("{address:?} cannot be used: {what}")]
    Unusable {
        /// What was given.
        address: String,
        /// What is wrong about it.
        what: String,
    },
    /// The key or another value that goes with every call cannot be sent.
    #[error("{what} holds characters that cannot be sent")]
    Metadata {
        /// Which one.
        what: String,
    },
    /// The certificates cannot be used.
    #[error("the certificates cannot be used")]
    Certificates(#[source] tonic::transport::Error),
    /// Nobody answers.
    #[error("no server answers at {address}")]
    Unreachable {
        /// Where.
        address: String,
        /// What the connection met.
        source: tonic::transport::Error,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The audio that was given cannot be sent; nothing was asked of the server.
    #[error("{0}")]
    Audio(String),
    /// Which arm a unit gets does not follow from what a server told of an experiment.
    #[error("experiment {experiment:?}: {what}")]
    Allotment {
        /// Its name.
        experiment: String,
        /// What is missing or wrong, and where.
        what: String,
    },
    /// The server refused, or could not be reached any more.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A stream broke off and could not be taken up again. What it told until then holds.
    #[error("{why}; the stream cannot be taken up again")]
    Broken {
        /// How it broke off.
        why: String,
    },
}

impl ServerError {
    /// As gRPC has it.
    pub fn code(&self) -> Code {
        self.0.code()
    }

    /// A sentence for a person.
    pub fn message(&self) -> &str {
        self.0.message()
    }

    /// The wrong fields of the request, all of them.
    pub fn violations(&self) -> Vec<FieldViolation> {
        self.0.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default()
    }

    /// How long to wait before another try may help; `None` when the server did not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.get_details_retry_info().and_then(|info| info.retry_delay)
    }

    /// The name of what was not found, if that is the matter.
    pub fn resource(&self) -> Option<String> {
        self.0.get_details_resource_info().map(|info| info.resource_name)
    }

    /// What it was made of.
    pub fn status(&self) -> &Status {
        &self.0
    }

    /// Whether the transport says so, and not the server.
    fn is_of_the_transport(&self) -> bool {
        std::error::Error::source(&*self.0).is_some()
    }

    /// Whether the same call may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.code(), Code::Unavailable | Code::ResourceExhausted) || self.is_of_the_transport()
    }

    /// Whether a stream that ended so goes on elsewhere or later. What the server itself objects to stays wrong.
    pub(crate) fn may_be_resumed(&self) -> bool {
        self.may_pass() || self.code() == Code::Cancelled
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message(), code_name(self.code()))
    }
}

impl std::error::Error for ServerError {}

impl From<Status> for ServerError {
    fn from(status: Status) -> Self {
        Self(Box::new(status))
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        Self::Server(status.into())
    }
}

/// The code as the gRPC specification spells it.
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
