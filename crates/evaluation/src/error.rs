//! Why an evaluation could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// An evaluation could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A file or folder could not be read.
    #[error("{path} cannot be read: {source}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder could not be written.
    #[error("{path} cannot be written: {source}", path = path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of evidence says something that cannot be.
    #[error("{path}, line {line}: {what}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, which is the header.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A CSV file whose name tells no protocol, seed and kind.
    #[error("{path} is no file of evidence: {what}", path = path.display())]
    FileName {
        /// The file.
        path: PathBuf,
        /// What a name looks like.
        what: String,
    },
    /// Facts about a run whose predictions are missing.
    #[error("{path} is missing, though other files tell of that run", path = path.display())]
    MissingPredictions {
        /// Where the predictions should be.
        path: PathBuf,
    },
    /// A folder in which nothing was measured.
    #[error("{folder} holds no predictions", folder = folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// Seeds whose folds by speaker are not the same.
    #[error(
        "{folder}: clip {clip} is in fold {} of seed {} and in fold {} of seed {}; seeds with other folds belong into a folder of their own",
        one.1, one.0, other.1, other.0, folder = folder.display()
    )]
    Folds {
        /// Where they are.
        folder: PathBuf,
        /// A clip that is in two of them.
        clip: String,
        /// A seed and a fold.
        one: (u32, u32),
        /// Another seed and another fold.
        other: (u32, u32),
    },
    /// Values that are no probabilities of the eight emotions.
    #[error("no probabilities: {what}")]
    Probabilities {
        /// What is wrong with them.
        what: String,
    },
    /// A summary that is not JSON.
    #[error("{path} is no summary: {source}", path = path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

impl EvaluationError {
    /// Adds the path to what the system said about reading.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    /// Adds the path to what the system said about writing.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}
