//! The audio files under a folder.

use crate::TrainError;
use std::fs;
use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 3] = ["flac", "wav", "ogg"];

/// The audio files in `folder` and the folders below it, ordered. Names that begin with a dot are passed over: some
/// systems put a file of attributes beside each file.
pub(super) fn audio_files(folder: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), TrainError> {
    let entries = fs::read_dir(folder).map_err(TrainError::file("list", folder))?;
    for entry in entries {
        let path = entry.map_err(TrainError::file("list", folder))?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
            files.push(path);
        }
    }
    Ok(())
}
