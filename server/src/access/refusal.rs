//! Why a call is not let in.

use super::{NOBODYS, Scope};
use std::time::Duration;

/// Why a call is not let in, as a sentence for its caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A key is needed.
    #[error("this server wants a key: send it as `authorization: Bearer KEY`")]
    NoKey,
    /// What was shown is not a key that the server knows.
    #[error("the key is not known here")]
    UnknownKey,
    /// The key was good once.
    #[error("the key {id} has expired")]
    Expired {
        /// The part of the key that may be shown.
        id: String,
    },
    /// The key was taken back.
    #[error("the key {id} was revoked")]
    Revoked {
        /// The part of the key that may be shown.
        id: String,
    },
    /// The key is good for other things.
    #[error("the key {id} lacks the scope {scope:?}", scope = scope.name())]
    MissingScope {
        /// The part of the key that may be shown.
        id: String,
        /// What the call needs.
        scope: Scope,
    },
    /// What is asked for counts the calls of all tenants.
    #[error(
        "the key {id} belongs to the tenant {tenant}, and this tells of all tenants: it takes a key of the tenant {NOBODYS:?}, or one \
         with the scope admin"
    )]
    OfEverybody {
        /// The part of the key that may be shown.
        id: String,
        /// Whose key it is.
        tenant: String,
    },
    /// The keys could not be read since the server started.
    #[error("the server cannot read its keys at the moment")]
    KeysUnreadable,
    /// The server wants a client certificate, and none was shown.
    #[error("this server wants a client certificate")]
    NoCertificate,
    /// The certificate is none that the server trusts, or not any more.
    #[error("the client certificate is not trusted here: {reason}")]
    UntrustedCertificate {
        /// What is wrong with it.
        reason: String,
    },
    /// The key's streams are all in use.
    #[error("the key allows {most} streams at a time, and all are open")]
    TooManyStreams {
        /// So many are allowed.
        most: u32,
    },
    /// The key's audio of the last minute is used up.
    #[error("the key allows {per_minute} s of audio per minute, and they are used up")]
    AudioSpent {
        /// So many seconds are allowed per minute.
        per_minute: u32,
        /// After so long there will be some again.
        retry_after: Duration,
    },
}

impl Refusal {
    /// When it may help to try again; `None` when it will not.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::AudioSpent { retry_after, .. } => Some(*retry_after),
            Self::TooManyStreams { .. } | Self::KeysUnreadable => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Stable name for metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::UnknownKey => "unknown_key",
            Self::Expired { .. } => "expired_key",
            Self::Revoked { .. } => "revoked_key",
            Self::MissingScope { .. } => "missing_scope",
            Self::OfEverybody { .. } => "of_everybody",
            Self::KeysUnreadable => "keys_unreadable",
            Self::NoCertificate => "no_certificate",
            Self::UntrustedCertificate { .. } => "untrusted_certificate",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::AudioSpent { .. } => "audio_spent",
        }
    }
}
