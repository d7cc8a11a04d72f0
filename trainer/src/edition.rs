//! A bundle that is written again, with something changed.

use crate::TrainError;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_bundle::{Bundle, CARD_FILE, Manifest, name_and_version};

/// The same model in another folder: all that is not changed is as it was.
#[derive(Debug)]
pub(crate) struct Edition {
    /// What it says about itself, under its new version.
    pub(crate) manifest: Manifest,
    dir: PathBuf,
    contents: Vec<(String, Vec<u8>)>,
}

impl Edition {
    /// Of `bundle`, for `dir`, whose last two parts are the model's name and the new version. The folder of another model
    /// is refused: a bundle is served under the name that it bears.
    pub(crate) fn new(bundle: &Bundle, dir: &Path) -> Result<Self, TrainError> {
        let mut manifest = bundle.manifest().clone();
        let (name, version) = name_and_version(dir);
        if name != manifest.name {
            let (from, to, held) = (bundle.dir().display(), dir.display(), &manifest.name);
            let message = format!(
                "the bundle {from} holds the model {held}, the folder {to} is one of a model {name}: give one that ends with \
                 {held}/VERSION"
            );
            return Err(TrainError::Unrelated(message));
        }
        manifest.version = version;
        let mut contents = Vec::new();
        for file in std::mem::take(&mut manifest.files).into_keys() {
            let path = bundle.path_of(&file);
            contents.push((file, fs::read(&path).map_err(TrainError::file("read", &path))?));
        }
        Ok(Self { manifest, dir: dir.to_owned(), contents })
    }

    /// Changes a file, if there is one of that name.
    pub(crate) fn change(
        &mut self,
        file: &str,
        change: impl FnOnce(&[u8]) -> Result<Vec<u8>, TrainError>,
    ) -> Result<(), TrainError> {
        if let Some((_, content)) = self.contents.iter_mut().find(|(name, _)| name == file) {
            *content = change(content)?;
        }
        Ok(())
    }

    /// Changes the card, which is given with the model's name and version.
    pub(crate) fn change_card(&mut self, change: impl FnOnce(&str, (&str, &str)) -> String) {
        let title = (self.manifest.name.as_str(), self.manifest.version.as_str());
        if let Some((_, card)) = self.contents.iter_mut().find(|(name, _)| name == CARD_FILE) {
            *card = change(&String::from_utf8_lossy(card), title).into_bytes();
        }
    }

    /// Writes it to its folder, which must not exist yet.
    pub(crate) fn write(self) -> Result<(), TrainError> {
        let files: Vec<(&str, &[u8])> =
            self.contents.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        Bundle::write(&self.dir, self.manifest, &files)?;
        Ok(())
    }
}
