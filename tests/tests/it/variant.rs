//! A folder of models in which the shipped `cnn` says something else about itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use undertone_bundle::{Bundle, Calibration, Histogram, Manifest, Profile, discover};
use undertone_core::{INPUT_BINS, InputMeasure};
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

    /// One that learnt from as many utterances of every sort, but from none below -48 dB.
    pub(crate) fn profiled() -> Self {
        let counts = |measure| match measure {
            InputMeasure::Level => [vec![0; 8], vec![10; INPUT_BINS - 8]].concat(),
            InputMeasure::Snr | InputMeasure::Speech | InputMeasure::F0 => vec![10; INPUT_BINS],
        };
        let histogram = |measure: InputMeasure| {
            let histogram = Histogram { edges: measure.edges().to_vec(), counts: counts(measure) };
            (measure.name().to_owned(), histogram)
        };
        Self::new(|manifest, _| {
            let labels = manifest.labels.len();
            manifest.profile = Some(Profile {
                clips: 100,
                utterances: 120,
                label_shares: vec![1.0 / labels as f64; labels],
                inputs: InputMeasure::ALL.map(histogram).into(),
            });
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
