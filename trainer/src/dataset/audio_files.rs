//! The audio files under a folder.

use crate::TrainError;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 5] = ["flac", "wav", "ogg", "oga", "opus"];
/// Audio that nothing here decodes; passed over, it would be missed by nobody.
const FOREIGN: [&str; 8] = ["aac", "aif", "aiff", "amr", "m4a", "mp3", "webm", "wma"];

/// What a folder and the folders below it hold, ordered.
#[derive(Default)]
pub(super) struct Found {
    /// Audio files.
    pub(super) files: Vec<PathBuf>,
    /// Audio files of kinds that cannot be read.
    pub(super) foreign: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

/// The audio files in `folder` and the folders below it. Names that begin with a dot are passed over: some systems put a
/// file of attributes beside each file. A folder that links lead to twice, or around in a circle, is looked into once.
pub(super) fn audio_files(folder: &Path) -> Result<Found, TrainError> {
    let mut found = Found::default();
    found.collect(folder)?;
    found.files.sort();
    found.foreign.sort();
    Ok(found)
}

impl Found {
    fn collect(&mut self, folder: &Path) -> Result<(), TrainError> {
        let own = folder.canonicalize().map_err(TrainError::file("list", folder))?;
        if !self.folders.insert(own) {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(TrainError::file("list", folder))?;
        for entry in entries {
            let path = entry.map_err(TrainError::file("list", folder))?.path();
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
            let is_of = |kinds: &[&str]| extension.as_deref().is_some_and(|own| kinds.contains(&own));
            match () {
                () if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) => {}
                () if path.is_dir() => self.collect(&path)?,
                () if is_of(&EXTENSIONS) => self.files.push(path),
                () if is_of(&FOREIGN) => self.foreign.push(path),
                () => {}
            }
        }
        Ok(())
    }
}
