//! Finding the bundles in a folder of models.

use crate::{ARCHIVE_ENDING, BundleError};
use semver::Version;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folders `NAME/VERSION` in `models_dir`, sorted by name and then by version, the latest last. Hidden
/// folders are passed over, and so are those beside the versions whose name is no semantic version, such as
/// `NAME/evaluation` with the evidence about a model. Nothing inside the folders is looked at: whether they are
/// bundles shows when they are opened. A folder `NAME` that cannot be read is logged and passed over.
pub fn discover(models_dir: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let mut found: Vec<Found> = Vec::new();
    for (name, beside) in each_folder(models_dir, folders)? {
        found.extend(versions_of(&models_dir.join(&name), &name, &beside));
    }
    found.sort();
    Ok(found.into_iter().map(|found| found.path).collect())
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
    let mut found: Vec<Found> = Vec::new();
    let mut packed: Vec<Found> =
        archives(models_dir).map_err(|source| unreadable(models_dir, source))?.collect();
    let look = |folder: &Path| -> io::Result<_> { Ok((folders(folder)?, versions_in(folder)?)) };
    for (name, (beside, archives)) in each_folder(models_dir, look)? {
        found.extend(versions_of(&models_dir.join(&name), &name, &beside));
        packed.extend(archives.map(|(version, path)| Found { name: name.clone(), version, path }));
    }
    for archive in packed {
        let same = |other: &Found| other.name == archive.name && other.version == archive.version;
        if !found.iter().any(same) {
            found.push(archive);
        }
    }
    found.sort();
    Ok(found)
}

/// What `look` finds in each of the folders in `models_dir`. One that cannot be read, such as `lost+found`, hides no other.
fn each_folder<T>(
    models_dir: &Path,
    look: impl Fn(&Path) -> io::Result<T>,
) -> Result<Vec<(String, T)>, BundleError> {
    let mut seen = Vec::new();
    for name in folders(models_dir).map_err(|source| unreadable(models_dir, source))? {
        let folder = models_dir.join(&name);
        match look(&folder) {
            Ok(found) => seen.push((name, found)),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cannot be read: models in it are not served");
            }
        }
    }
    Ok(seen)
}

fn unreadable(models_dir: &Path, source: io::Error) -> BundleError {
    BundleError::Read { dir: models_dir.to_owned(), file: ".".to_owned(), source }
}

/// Those of the folders `beside` each other in `folder` whose names are versions.
fn versions_of(folder: &Path, name: &str, beside: &[String]) -> Vec<Found> {
    let versions = beside.iter().filter_map(|version| Version::parse(version).ok());
    let found =
        |version: Version| Found { name: name.to_owned(), path: folder.join(version.to_string()), version };
    versions.map(found).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_hides_no_other() {
        let models = tempfile::tempdir().expect("a temporary folder");
        for folder in ["cnn/1.0.0", "lost+found/1.0.0", "lstm/1.0.0"] {
            fs::create_dir_all(models.path().join(folder)).expect("writable");
        }
        // Whoever may read everything, as the tests may, can make no such folder.
        let look = |folder: &Path| match folder.ends_with("lost+found") {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => folders(folder),
        };
        let seen = each_folder(models.path(), look).expect("the folder of models can be read");
        let expected = [("cnn", "1.0.0"), ("lstm", "1.0.0")];
        let mut seen: Vec<_> =
            seen.iter().map(|(name, beside)| (name.as_str(), beside[0].as_str())).collect();
        seen.sort_unstable();
        assert_eq!(seen, expected);
        let refusal =
            each_folder(&models.path().join("none"), folders).expect_err("it is not there").to_string();
        assert!(refusal.contains("none"), "{refusal}");
    }
}
