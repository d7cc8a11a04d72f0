//! Why the set of models was not changed.

use std::path::PathBuf;
use std::time::Duration;
use undertone_bundle::BundleError;
use undertone_core::{ErrorKind, ModelRef, PluginError};
use undertone_plugin_host::HostError;

/// The set of models was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// There is no such model or version to do something with.
    #[error("{0}")]
    Unknown(String),
    /// It is not the time for it, or the policy says otherwise.
    #[error("{0}")]
    Conflict(String),
    /// The bundle cannot be opened.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The bundle cannot be served.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The bundle's instances cannot be made for the workers.
    #[error("{model} cannot be given to the workers: {source}")]
    Instances {
        /// Name and version.
        model: ModelRef,
        /// Why. Boxed, since every result here has room for it.
        source: Box<PluginError>,
    },
    /// The bundle lies where another one belongs.
    #[error("bundle {path}: it lies where {place} belongs, and says that it is {model}", path = path.display())]
    Misplaced {
        /// The bundle's folder or archive.
        path: PathBuf,
        /// What its place says.
        place: String,
        /// What its manifest says.
        model: ModelRef,
    },
    /// There is no room to unpack an archive.
    #[error("archive {path} cannot be unpacked: {source}", path = path.display())]
    NoRoom {
        /// The archive.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its plugins take too long, perhaps for ever.
    #[error("{what} was not loaded within {within:?} (models.load_within), and is given up")]
    TooSlow {
        /// Name and version, or the bundle's place.
        what: String,
        /// The limit.
        within: Duration,
    },
    /// A bug: the task that did it is gone.
    #[error("the task that loads the model was lost")]
    Lost,
}

impl ModelsError {
    /// The kind for the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown(_) => ErrorKind::NotFound,
            Self::Conflict(_) | Self::Bundle(_) | Self::Misplaced { .. } => ErrorKind::InvalidInput,
            Self::Host(error) => error.kind(),
            Self::Instances { source, .. } => source.kind(),
            Self::NoRoom { .. } | Self::TooSlow { .. } => ErrorKind::Unavailable,
            Self::Lost => ErrorKind::Internal,
        }
    }
}
