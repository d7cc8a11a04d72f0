//! Writing a bundle, whole or not at all.

use crate::bundle::{MANIFEST_FILE, refuse};
use crate::files::path_mistake;
use crate::mistakes::{of_identity, of_manifest};
use crate::{Bundle, BundleError, Checksum, Manifest, Mistake};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

impl Bundle {
    /// Fails where [`Self::write`] would because of `dir` alone, whose last two parts are the model's name and version.
    pub fn check_target(dir: &Path) -> Result<(), BundleError> {
        let (name, version) = name_and_version(dir);
        refuse(dir, of_identity(&name, &version))?;
        check_absence(dir)
    }

    /// Writes a bundle to `dir`, which must not exist yet, and opens it. `files` are pairs of path and
    /// content, among them the graphs and `card.md`; their checksums replace `manifest.files`. Missing parent
    /// folders are made. The folder appears under its name only when it is complete.
    pub fn write(dir: &Path, mut manifest: Manifest, files: &[(&str, &[u8])]) -> Result<Self, BundleError> {
        manifest.files = files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), Checksum::of(content).to_string()))
            .collect();
        refuse(dir, mistakes_of_input(&manifest, files))?;
        let text = toml::to_string(&manifest)
            .map_err(|source| BundleError::Serialise { dir: dir.to_owned(), source })?;
        let unfinished = Unfinished::beside(dir)?;
        unfinished.write(MANIFEST_FILE, text.as_bytes())?;
        for (path, content) in files {
            unfinished.write(path, content)?;
        }
        unfinished.rename()?;
        Self::open(dir)
    }
}

/// What the last two parts of a bundle's folder say.
pub fn name_and_version(dir: &Path) -> (String, String) {
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    (part(dir.parent()), part(Some(dir)))
}

fn mistakes_of_input(manifest: &Manifest, files: &[(&str, &[u8])]) -> Vec<Mistake> {
    let mut mistakes = of_manifest(manifest);
    for (index, (path, _)) in files.iter().enumerate() {
        if files[..index].iter().any(|(earlier, _)| earlier == path) {
            mistakes.push(Mistake { file: (*path).to_owned(), what: "is given twice".to_owned() });
        }
    }
    mistakes
}

/// A hidden folder beside the target, which is removed unless it is renamed to it.
struct Unfinished<'a> {
    target: &'a Path,
    dir: PathBuf,
}

impl<'a> Unfinished<'a> {
    fn beside(target: &'a Path) -> Result<Self, BundleError> {
        let failed = |source| write_error(target, ".", source);
        check_absence(target)?;
        let name = target.file_name().ok_or_else(|| {
            failed(io::Error::new(io::ErrorKind::InvalidInput, "the path does not end in a folder's name"))
        })?;
        let hidden = format!(".{}.unfinished-{}", name.to_string_lossy(), std::process::id());
        let dir = target.with_file_name(hidden);
        fs::create_dir_all(&dir).map_err(failed)?;
        Ok(Self { target, dir })
    }

    fn write(&self, file: &str, content: &[u8]) -> Result<(), BundleError> {
        debug_assert!(file == MANIFEST_FILE || path_mistake(file).is_none(), "paths were checked");
        let path = self.dir.join(file);
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent)
            .and_then(|()| fs::File::create_new(&path))
            .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
            .map_err(|source| write_error(self.target, file, source))
    }

    fn rename(self) -> Result<(), BundleError> {
        fs::rename(&self.dir, self.target).map_err(|source| write_error(self.target, ".", source))
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove; after a failure the cause is already reported.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn check_absence(dir: &Path) -> Result<(), BundleError> {
    match dir.symlink_metadata() {
        Ok(_) => Err(BundleError::Exists { dir: dir.to_owned() }),
        Err(_) => Ok(()),
    }
}

fn write_error(dir: &Path, file: &str, source: io::Error) -> BundleError {
    BundleError::Write { dir: dir.to_owned(), file: file.to_owned(), source }
}
