//! kaldi-native-fbank and librosa, on the same audio.

use crate::python::Script;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use undertone_features::Recipe;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/features_libraries.py");
/// Every library that computes with threads of its own is held to one.
const ONE_THREAD: [(&str, &str); 4] = [
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    ("NUMBA_NUM_THREADS", "1"),
];

/// The Python process that computes with them.
#[derive(Debug)]
pub(super) struct Libraries {
    script: Script,
    pub(super) versions: Versions,
}

/// What the script says of itself before anything else.
#[derive(Debug, Deserialize)]
pub(super) struct Versions {
    pub(super) kaldi_native_fbank: String,
    pub(super) librosa: String,
}

/// What the script says of one computation.
#[derive(Debug, Deserialize)]
struct Computation {
    seconds: f64,
    frames: usize,
}

impl Libraries {
    /// Starts the script with `python`, which has to have both, and gives it recipe and audio.
    pub(super) fn start(python: &Path, recipe: &Recipe, clip: &[f32]) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the audio")?;
        let samples: Vec<u8> = clip.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        fs::write(folder.path().join("clip.f32"), samples).context("write the audio")?;
        fs::write(folder.path().join("recipe.json"), serde_json::to_vec(recipe)?)
            .context("write the recipe")?;
        let (script, versions) = Script::start(python, SCRIPT.as_ref(), folder.path(), &ONE_THREAD)?;
        Ok(Self { script, versions })
    }

    /// Seconds per frame of the library that the script knows as `name`.
    pub(super) fn seconds_per_frame(&mut self, name: &str) -> Result<f64> {
        let Computation { seconds, frames } = self.script.ask(name)?;
        Ok(seconds / frames as f64)
    }
}
