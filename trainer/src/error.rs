//! Why training failed.

use crate::fetch::Md5;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Mistakes that a message names; of more only the number is told.
const LISTED: usize = 20;

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
    /// A clip list or the names of clips cannot be understood.
    #[error("cannot understand the clips of {}: {}", folder.display(), Listed(mistakes))]
    Clips {
        /// The data folder or the list.
        folder: PathBuf,
        /// What is wrong with which clip.
        mistakes: Vec<String>,
    },
    /// The clips or the speakers named for the parts do not give a split.
    #[error("cannot split by speaker: {}", Listed(mistakes))]
    Split {
        /// What is wrong.
        mistakes: Vec<String>,
    },
    /// Clips could not be read or decoded, or nothing can be learnt from them.
    #[error("cannot use {} of the clips: {}", mistakes.len(), Listed(mistakes))]
    Audio {
        /// Which clips, and why not.
        mistakes: Vec<String>,
    },
    /// A file could not be downloaded.
    #[error("cannot download {url}")]
    Download {
        /// From where.
        url: String,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file is damaged, or another than the one asked for.
    #[error("{} has the MD5 checksum {found} instead of {expected}", path.display())]
    Checksum {
        /// Which file.
        path: PathBuf,
        /// What is published.
        expected: Md5,
        /// What the file has.
        found: Md5,
    },
    /// A zip file is damaged or unsafe, or files are in its way.
    #[error("cannot unpack {}: {}", archive.display(), Listed(mistakes))]
    Unpack {
        /// Which zip file.
        archive: PathBuf,
        /// What is wrong with which entry.
        mistakes: Vec<String>,
    },
    /// A training recipe is damaged or asks for something impossible.
    #[error("cannot use the recipe {}: {reason}", path.display())]
    TrainingRecipe {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
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
    /// A training that should be finished was not begun there.
    #[error(
        "there is no checkpoint {}: nothing was trained in this --work-dir with this recipe, seed and clips held out",
        path.display()
    )]
    Untrained {
        /// Which file.
        path: PathBuf,
    },
    /// A checkpoint was made with other settings than those asked for, or with another program.
    #[error("the checkpoint {} does not belong to this run: {reason}; give another --work-dir, or remove it to train anew", path.display())]
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
    /// Predictions could not be read or written, or are no predictions.
    #[error("cannot note down what the network says")]
    Evidence(#[from] undertone_evaluation::EvaluationError),
    /// The bundle was refused or could not be written.
    #[error("cannot write the bundle")]
    Bundle(#[from] undertone_bundle::BundleError),
    /// Things that do not belong together: a bundle, a recipe, and evidence.
    #[error("{0}")]
    Unrelated(String),
    /// A training recipe holds what no TOML file can.
    #[error("cannot write down the training recipe")]
    Unwritable(#[source] toml::ser::Error),
    /// The recipe cannot stand in a manifest.
    #[error("cannot write the feature recipe")]
    Manifest(#[from] undertone_bundle::RecipeError),
}

impl TrainError {
    /// Names the folder or list of the clips that cannot be split.
    pub(crate) fn about_clips_of(self, data: &Path) -> Self {
        match self {
            Self::Split { mistakes } => {
                let named = |mistake| format!("{}: {mistake}", data.display());
                Self::Split { mistakes: mistakes.into_iter().map(named).collect() }
            }
            other => other,
        }
    }

    /// Makes the error of an action on `path` from its source.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

/// The first [`LISTED`] mistakes, and how many more there are.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(LISTED)];
        f.write_str(&shown.join("; "))?;
        match self.0.len() - shown.len() {
            0 => Ok(()),
            rest => write!(f, "; and {rest} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_mistakes_are_named_and_the_rest_is_counted() {
        let mistakes: Vec<String> = (1..=23).map(|number| format!("mistake {number}.")).collect();
        let message = Listed(&mistakes).to_string();
        assert!(message.contains("mistake 20.") && !message.contains("mistake 21."), "{message}");
        assert!(message.ends_with("; and 3 more"), "{message}");
        assert_eq!(Listed(&mistakes[..2]).to_string(), "mistake 1.; mistake 2.");
    }
}
