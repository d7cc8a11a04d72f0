//! What a process is told to load, and what it says about it.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use undertone_core::{ErrorKind, Streaming};

/// What a process is told to load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The plugin's name.
    pub(crate) plugin: String,
    /// The bundle's folder.
    pub(crate) bundle: PathBuf,
    /// Folder of the plugin libraries.
    pub(crate) plugins_dir: PathBuf,
    /// ONNX Runtime's library, where it was set.
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Private memory that it may have.
    pub(crate) memory_bytes: u64,
    /// How long a call may take.
    pub(crate) answer_within: Duration,
    /// What it may read besides.
    pub(crate) readable: Vec<PathBuf>,
}

/// What a process says to its order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// What its plugin takes and gives.
    Described(Description),
    /// Why it could not load it.
    Refused {
        /// In whose words.
        message: String,
        /// Whether another try may help.
        kind: RefusalKind,
    },
}

/// The kinds of failures to load, as [`ErrorKind`] has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RefusalKind {
    /// It will never work.
    InvalidInput,
    /// Something is not there.
    Unavailable,
    /// The plugin failed.
    Plugin,
}

impl RefusalKind {
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput | ErrorKind::NotFound => Self::InvalidInput,
            ErrorKind::Plugin => Self::Plugin,
            _ => Self::Unavailable,
        }
    }

    pub(crate) const fn kind(self) -> ErrorKind {
        match self {
            Self::InvalidInput => ErrorKind::InvalidInput,
            Self::Unavailable => ErrorKind::Unavailable,
            Self::Plugin => ErrorKind::Plugin,
        }
    }
}

/// What a plugin takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Description {
    pub(crate) dim: usize,
    pub(crate) labels: usize,
    /// For a plugin with a stateful graph.
    pub(crate) streaming: Option<Steps>,
}

/// How a stateful graph goes on; [`Streaming`] for the wire.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Steps {
    step_frames: usize,
    state_values: usize,
    temperature: f32,
}

impl From<Streaming> for Steps {
    fn from(streaming: Streaming) -> Self {
        let Streaming { step_frames, state_values, temperature } = streaming;
        Self { step_frames, state_values, temperature }
    }
}

impl From<Steps> for Streaming {
    fn from(steps: Steps) -> Self {
        let Steps { step_frames, state_values, temperature } = steps;
        Self { step_frames, state_values, temperature }
    }
}

/// How many values belong to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// Values per frame.
    pub(crate) dim: usize,
    /// Logits.
    pub(crate) labels: usize,
    /// Values of state; 0 without a stateful graph.
    pub(crate) state_values: usize,
}

impl Description {
    pub(crate) fn shape(&self) -> Shape {
        let state_values = self.streaming.map_or(0, |steps| steps.state_values);
        Shape { dim: self.dim, labels: self.labels, state_values }
    }
}
