//! What went wrong, in the words that every layer shares.

use std::time::Duration;

/// The kind of a failure. The server maps kinds to gRPC codes in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The client sent something that cannot be worked with; sending it again fails again.
    InvalidInput,
    /// The client named something that does not exist.
    NotFound,
    /// There is no room now; the same call may succeed later.
    Overload,
    /// The client's deadline came first.
    Late,
    /// A plugin failed; a fresh instance may succeed.
    Plugin,
    /// A part of the server that the call needs is not there now.
    Unavailable,
    /// A fault of Undertone itself.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed when it is made again.
    pub const fn may_retry(self) -> bool {
        matches!(self, Self::Overload | Self::Plugin | Self::Unavailable)
    }
}

/// A plugin refused or failed. The message names the plugin and the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The plugin cannot work with this input; the instance is still good.
    #[error("plugin {plugin} refused {what}: {message}")]
    Refused {
        /// Which plugin.
        plugin: String,
        /// Which call or input.
        what: String,
        /// The plugin's own words.
        message: String,
    },
    /// The instance failed or panicked and must be replaced.
    #[error("plugin {plugin} failed in {what}: {message}")]
    Failed {
        /// Which plugin.
        plugin: String,
        /// Which call.
        what: String,
        /// The plugin's own words.
        message: String,
    },
    /// The process that ran the plugin is gone; another one takes its place.
    #[error("plugin {plugin} was lost in {what}: {message}")]
    Lost {
        /// Which plugin.
        plugin: String,
        /// Which call.
        what: String,
        /// How it ended.
        message: String,
        /// When the plugin should be there again.
        retry_after: Duration,
    },
}

impl PluginError {
    /// The kind for the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } => ErrorKind::InvalidInput,
            Self::Failed { .. } | Self::Lost { .. } => ErrorKind::Plugin,
        }
    }

    /// How long to wait before another try, where that is known.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Lost { retry_after, .. } => Some(*retry_after),
            Self::Refused { .. } | Self::Failed { .. } => None,
        }
    }
}

/// A record could not be made durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("recording failed: {message}")]
pub struct RecordError {
    /// Overload when room may come again, internal when the record itself is at fault.
    pub kind: ErrorKind,
    /// What the store said.
    pub message: String,
}

/// Why a stream ended. Plugins and records are always told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The client finished and got everything.
    Finished,
    /// The client went away or cancelled.
    Cancelled,
    /// No message came for the idle timeout.
    TimedOut,
    /// It was as long as a stream may be, in audio or by the clock.
    Longest,
    /// The stream failed.
    Failed,
    /// The server drained.
    Drained,
}

impl EndReason {
    /// Stable name for records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            // Records and plugins know one name for both: the stream's time was over.
            Self::TimedOut | Self::Longest => "timed_out",
            Self::Failed => "failed",
            Self::Drained => "drained",
        }
    }
}
