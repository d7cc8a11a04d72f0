//! Why a bundle could not be opened or written.

use std::fmt::{self, Write};
use std::io;
use std::path::{Path, PathBuf};

/// One thing that is wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file inside the bundle, relative to its folder; `.` for the folder itself.
    pub file: String,
    /// What is wrong with it, and where in it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file == "." {
            return f.write_str(&self.what);
        }
        // A name that a stranger gave must not look like another line.
        for char in self.file.chars() {
            if char.is_control() { write!(f, "{}", char.escape_default())? } else { f.write_char(char)? }
        }
        write!(f, ": {}", self.what)
    }
}

/// A bundle could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file or folder could not be read.
    #[error("{} cannot be read: {source}", place(dir, file))]
    Read {
        /// The bundle's folder, or the folder of bundles.
        dir: PathBuf,
        /// The file inside it, `.` for the folder itself.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is not TOML, or not a manifest.
    #[error("bundle {dir}: {file} cannot be understood: {why}", dir = dir.display(), why = in_one_line(source))]
    Parse {
        /// The bundle's folder.
        dir: PathBuf,
        /// The manifest's name.
        file: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The bundle contradicts itself or its files; every mistake is listed.
    #[error("bundle {dir} cannot be used: {list}", dir = dir.display(), list = joined(mistakes))]
    Invalid {
        /// The bundle's folder.
        dir: PathBuf,
        /// Everything that is wrong, never empty.
        mistakes: Vec<Mistake>,
    },
    /// The archive is not one of a bundle, or holds what no bundle may hold.
    #[error("archive {path} cannot be used: {what}", path = path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody who is trusted vouches for the bundle.
    #[error("bundle {dir} is not trusted: {why}", dir = dir.display())]
    Untrusted {
        /// The bundle's folder.
        dir: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A public key cannot be used.
    #[error("key {path} cannot be used: {why}", path = path.display())]
    Key {
        /// The key's file, or the folder of keys.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The folder to write to is already there; a version never changes once written.
    #[error("bundle {dir} exists already: remove it or choose another version", dir = dir.display())]
    Exists {
        /// The bundle's folder.
        dir: PathBuf,
    },
    /// The manifest holds a value that TOML cannot express.
    #[error("bundle {dir}: the manifest cannot be written as TOML: {source}", dir = dir.display())]
    Serialise {
        /// The bundle's folder.
        dir: PathBuf,
        /// Which value.
        source: toml::ser::Error,
    },
    /// A file or folder could not be written.
    #[error("{} cannot be written: {source}", place(dir, file))]
    Write {
        /// The bundle's folder.
        dir: PathBuf,
        /// The file inside it, `.` for the folder itself.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

impl BundleError {
    pub(crate) fn key(path: &Path, why: String) -> Self {
        Self::Key { path: path.to_owned(), why }
    }
}

/// A file of a bundle, or a folder itself, as an error names it.
fn place(dir: &Path, file: &str) -> String {
    match file {
        "." => format!("the folder {}", dir.display()),
        file => format!("bundle {}: {file}", dir.display()),
    }
}

/// Where and why, without the picture of the line.
fn in_one_line(error: &toml::de::Error) -> String {
    let (picture, why) = (error.to_string(), error.message().lines().collect::<Vec<_>>().join(", "));
    match picture.lines().next().filter(|place| *place != why) {
        Some(place) => format!("{place}: {why}"),
        None => why,
    }
}

fn joined(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
