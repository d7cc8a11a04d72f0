//! A download that has not come to its end.

use crate::TrainError;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The bytes that came so far, and which version of the file they belong to. Both outlive the process.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
}

impl Partial {
    /// The unfinished download of `file`, in a file beside it.
    pub(super) fn of(file: &Path) -> Self {
        Self { path: beside(file, ".part") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that came so far.
    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// The entity tag under which the bytes came; `None` when the server gave none.
    pub(super) fn tag(&self) -> Option<String> {
        fs::read_to_string(self.tag_path()).ok().filter(|tag| !tag.is_empty())
    }

    /// Opens the file to append to it.
    pub(super) fn resumed(&self) -> Result<File, TrainError> {
        OpenOptions::new().append(true).open(&self.path).map_err(TrainError::file("open", &self.path))
    }

    /// Opens the file anew, of the version `tag`.
    pub(super) fn restarted(&self, tag: Option<&str>) -> Result<File, TrainError> {
        let tag_path = self.tag_path();
        let file = File::create(&self.path).map_err(TrainError::file("write", &self.path))?;
        fs::write(&tag_path, tag.unwrap_or("")).map_err(TrainError::file("write", &tag_path))?;
        Ok(file)
    }

    /// Gives the whole download the name `file`.
    pub(super) fn finish(&self, file: &Path) -> Result<(), TrainError> {
        let tag_path = self.tag_path();
        fs::rename(&self.path, file).map_err(TrainError::file("rename to", file))?;
        match fs::remove_file(&tag_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(TrainError::file("remove", &tag_path)(error))
            }
            _ => Ok(()),
        }
    }

    fn tag_path(&self) -> PathBuf {
        beside(&self.path, ".etag")
    }
}

/// `path` with `ending` behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
