//! Why training failed.

use std::io;
use std::path::{Path, PathBuf};

/// Something went wrong between a folder of clips and a bundle.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, for instance `read`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of named arrays is damaged or something else.
    #[error("{} is not a file of named arrays", path.display())]
    Archive {
        /// Which file.
        path: PathBuf,
    },
    /// A clip list or the names of clips cannot be understood; every mistake is named.
    #[error("cannot understand the clips of {}: {}", folder.display(), mistakes.join("; "))]
    Clips {
        /// The data folder.
        folder: PathBuf,
        /// What is wrong with which clip.
        mistakes: Vec<String>,
    },
    /// The speakers named for the parts do not give a split.
    #[error("cannot split by speaker: {}", mistakes.join("; "))]
    Split {
        /// What is wrong.
        mistakes: Vec<String>,
    },
    /// A clip could not be decoded.
    #[error("cannot decode {}", path.display())]
    Decode {
        /// Which clip.
        path: PathBuf,
        /// Why not.
        source: undertone_audio::AudioError,
    },
    /// There is no feature recipe of that name, or it is refused.
    #[error("no feature recipe `{name}`")]
    Recipe {
        /// The name asked for.
        name: String,
    },
    /// An utterance does not fit the network.
    #[error(
        "an utterance of {frames} frames of {dim} values does not fit: at least {min} of {expected_dim} are needed",
        min = crate::MIN_FRAMES
    )]
    Utterance {
        /// Frames of the utterance.
        frames: usize,
        /// Values per frame.
        dim: usize,
        /// Values per frame that the network takes.
        expected_dim: usize,
    },
    /// A checkpoint was made with other settings than those asked for, or with another program.
    #[error("the checkpoint {} does not belong to this run: {reason}", path.display())]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// Training left the range of numbers.
    #[error("the loss is not finite in epoch {epoch}: try a lower learning rate")]
    Diverged {
        /// In which epoch, from 1.
        epoch: usize,
    },
    /// The bundle was refused or could not be written.
    #[error("cannot write the bundle")]
    Bundle(#[from] undertone_bundle::BundleError),
    /// The recipe cannot stand in a manifest.
    #[error("cannot write the feature recipe")]
    Manifest(#[from] undertone_bundle::RecipeError),
}

impl TrainError {
    /// Makes the error of an action on `path` from its source.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
