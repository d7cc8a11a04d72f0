//! Why a stream cannot go on.

use undertone_audio::AudioError;
use undertone_core::{ErrorKind, PluginError};

/// A stream cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The audio cannot be understood.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The extractor failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl SessionError {
    /// The kind for the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Audio(error) => error.kind(),
            Self::Plugin(error) => error.kind(),
        }
    }
}
