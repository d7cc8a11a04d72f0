//! Finding the bundles in a folder of models.

use crate::{ARCHIVE_ENDING, BundleError};
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

/// A bundle that lies in a folder of models, going by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The bundle's folder or archive.
    pub path: PathBuf,
}

impl Found {
    /// Whether it is one file.
    pub fn is_archive(&self) -> bool {
        self.path.to_string_lossy().ends_with(ARCHIVE_ENDING)
    }
}

/// The bundles in `models_dir`, folders as [`discover`] gives them and archives `NAME/VERSION.tar.zst` and
/// `NAME-VERSION.tar.zst`, sorted by name and then by version, the latest last. Of a version that is there as both, the
/// folder counts.
pub fn candidates(models_dir: &Path) -> Result<Vec<Found>, BundleError> {
    let failed = |source| BundleError::Read { dir: models_dir.to_owned(), file: ".".to_owned(), source };
    let mut found = Vec::new();
    for path in discover(models_dir)? {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let version = path.file_name().and_then(|version| Version::parse(&version.to_string_lossy()).ok());
        found.extend(version.map(|version| Found { name, version, path }));
    }
    let mut archives: Vec<Found> = archives(models_dir).map_err(failed)?.collect();
    for name in folders(models_dir).map_err(failed)? {
        let of_name = versions_in(&models_dir.join(&name)).map_err(failed)?;
        archives.extend(of_name.map(|(version, path)| Found { name: name.clone(), version, path }));
    }
    for archive in archives {
        let same = |other: &Found| other.name == archive.name && other.version == archive.version;
        if !found.iter().any(same) {
            found.push(archive);
        }
    }
    found.sort();
    Ok(found)
}

/// Archives `NAME-VERSION`.
fn archives(dir: &Path) -> io::Result<impl Iterator<Item = Found> + use<>> {
    Ok(archive_stems(dir)?.into_iter().filter_map(|(stem, path)| {
        let dashes = stem.match_indices('-').map(|(at, _)| at);
        let mut split = dashes.filter_map(|at| Some((&stem[..at], Version::parse(&stem[at + 1..]).ok()?)));
        let (name, version) = split.next()?;
        Some(Found { name: name.to_owned(), version, path })
    }))
}

/// Archives `VERSION`.
fn versions_in(dir: &Path) -> io::Result<impl Iterator<Item = (Version, PathBuf)> + use<>> {
    let stems = archive_stems(dir)?.into_iter();
    Ok(stems.filter_map(|(stem, path)| Some((Version::parse(&stem).ok()?, path))))
}

fn archive_stems(dir: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut stems = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(ARCHIVE_ENDING).filter(|stem| !stem.starts_with('.')) {
            stems.push((stem.to_owned(), path));
        }
    }
    Ok(stems)
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
