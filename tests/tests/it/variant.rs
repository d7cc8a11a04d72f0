//! A folder of models in which the shipped `cnn` says something else about itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use undertone_bundle::{Bundle, Calibration, Manifest, discover};
use undertone_tests::{copy_tree, stage};

/// The files of a bundle by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The shipped models, with a changed `cnn`.
pub(crate) struct Variant {
    folder: TempDir,
}

impl Variant {
    /// Lets `change` edit manifest and files; the checksums are made right again.
    pub(crate) fn new(change: impl FnOnce(&mut Manifest, &mut Files)) -> Self {
        let folder = TempDir::new().unwrap();
        copy_tree(&stage().unwrap().join("models"), folder.path()).unwrap();
        let variant = Self { folder };
        let bundle = Bundle::open(&variant.cnn()).unwrap();
        let mut manifest = bundle.manifest().clone();
        let mut files: Files = manifest
            .files
            .keys()
            .map(|path| (path.clone(), std::fs::read(bundle.path_of(path)).unwrap()))
            .collect();
        change(&mut manifest, &mut files);
        std::fs::remove_dir_all(bundle.dir()).unwrap();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
        Bundle::write(bundle.dir(), manifest, &files).unwrap();
        variant
    }

    /// One whose calibration is `calibration`, but for the temperature.
    pub(crate) fn calibrated(calibration: Calibration) -> Self {
        Self::new(|manifest, _| {
            let temperature = manifest.calibration.temperature;
            manifest.calibration = Calibration { temperature, ..calibration };
        })
    }

    /// The folder, for `models.dir`.
    pub(crate) fn dir(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// The latest version of `cnn`.
    pub(crate) fn cnn(&self) -> PathBuf {
        let versions = discover(self.folder.path()).unwrap();
        versions.into_iter().rfind(|path| path.parent().is_some_and(|name| name.ends_with("cnn"))).unwrap()
    }
}
