//! A bundle from wherever it lies.

use anyhow::Context;
use std::path::Path;
use tempfile::TempDir;
use undertone_bundle::{ARCHIVE_ENDING, Acceptance, Bundle, unpack};

/// A bundle, and the folder that it was unpacked to if it came as an archive.
pub(super) struct Source {
    pub(super) bundle: Bundle,
    _unpacked: Option<TempDir>,
}

impl Source {
    /// Opens a bundle's folder or archive.
    pub(super) fn open(path: &Path, acceptance: &Acceptance) -> anyhow::Result<Self> {
        if !path.to_string_lossy().ends_with(ARCHIVE_ENDING) {
            return Ok(Self { bundle: Bundle::open_accepted(path, acceptance)?, _unpacked: None });
        }
        let folder = TempDir::new().context("there is no room to unpack the archive")?;
        unpack(path, folder.path(), acceptance.bounds)?;
        let bundle = Bundle::open_accepted(folder.path(), acceptance)?;
        Ok(Self { bundle, _unpacked: Some(folder) })
    }
}

/// What a bundle is called, and what it holds.
pub(super) fn summary(bundle: &Bundle) -> anyhow::Result<String> {
    let manifest = bundle.manifest();
    let mut bytes = 0;
    for file in manifest.files.keys() {
        let path = bundle.path_of(file);
        bytes += path.metadata().with_context(|| format!("{} cannot be read", path.display()))?.len();
    }
    let files = manifest.files.len();
    Ok(format!("{}@{}: {files} files, {bytes} bytes", manifest.name, manifest.version))
}
