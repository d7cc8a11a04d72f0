//! What a process is told to load, and what it says about it.

use super::admitted::Admitted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use undertone_core::{ErrorKind, FrameGrid, FrameLayout, Streaming};

/// Which of a bundle's plugins a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// That which scores frames.
    Classifier,
    /// That which makes frames.
    Extractor,
}

/// What a process is told to load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Which of the bundle's plugins.
    pub(crate) part: Part,
    /// The plugin's name.
    pub(crate) plugin: String,
    /// Classifier plugins that take another one's place.
    pub(crate) substitutes: BTreeMap<String, String>,
    /// The bundle's folder.
    pub(crate) bundle: PathBuf,
    /// What must lie there and in the folder of libraries, whatever was put there since the server looked.
    pub(crate) admitted: Admitted,
    /// Folder of the plugin libraries.
    pub(crate) plugins_dir: PathBuf,
    /// ONNX Runtime's library, where it was set.
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Whether it loads nothing where it cannot be locked in as it should be.
    pub(crate) require_confinement: bool,
    /// Private memory that it may have.
    pub(crate) memory_bytes: u64,
    /// How long a call may take.
    pub(crate) answer_within: Duration,
    /// What it may read besides.
    pub(crate) readable: Vec<PathBuf>,
}

/// What a process says to its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// What its classifier takes and gives.
    Scores(Description),
    /// What the frames of its extractor look like.
    Makes(Framing),
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

/// What an extractor's frames look like; [`FrameLayout`] for the wire, and the fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Framing {
    dim: usize,
    hop_samples: u32,
    window_samples: u32,
    look_ahead_frames: u32,
    columns: Vec<String>,
    pub(crate) fingerprint: String,
}

impl Framing {
    pub(crate) fn of(layout: &FrameLayout, fingerprint: &str) -> Self {
        let FrameLayout { dim, grid, look_ahead_frames, columns } = layout.clone();
        let FrameGrid { hop_samples, window_samples } = grid;
        let fingerprint = fingerprint.to_owned();
        Self { dim, hop_samples, window_samples, look_ahead_frames, columns, fingerprint }
    }

    /// The layout; `None` for one that cannot be.
    pub(crate) fn layout(&self) -> Option<FrameLayout> {
        let &Self { dim, hop_samples, window_samples, look_ahead_frames, .. } = self;
        let columns = self.columns.clone();
        let can_be = dim > 0 && hop_samples > 0 && window_samples > 0 && columns.len() == dim;
        let grid = FrameGrid { hop_samples, window_samples };
        can_be.then_some(FrameLayout { dim, grid, look_ahead_frames, columns })
    }
}

/// What a classifier takes and gives.
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
