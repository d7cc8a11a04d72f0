//! Finding the bundles in a folder of models.

use crate::BundleError;
use semver::Version;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folders `NAME/VERSION` in `models_dir`, sorted by name and then by version, the latest last. Hidden
/// folders are passed over, and so are those beside the versions whose name is no semantic version, such as
/// `NAME/evaluation` with the evidence about a model. Nothing inside the folders is looked at: whether they are
/// bundles shows when they are opened.
pub fn discover(models_dir: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let failed = |source| BundleError::Read { dir: models_dir.to_owned(), file: ".".to_owned(), source };
    let mut found = Vec::new();
    for name in folders(models_dir).map_err(failed)? {
        let beside = folders(&models_dir.join(&name)).map_err(failed)?;
        let versions = beside.into_iter().filter_map(|folder| Version::parse(&folder).ok());
        found.extend(versions.map(|version| (name.clone(), version)));
    }
    found.sort();
    Ok(found.into_iter().map(|(name, version)| models_dir.join(name).join(version.to_string())).collect())
}

fn folders(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A version may be a link to a folder, so the link is followed here.
        if !name.starts_with('.') && entry.path().is_dir() {
            names.push(name);
        }
    }
    Ok(names)
}
