//! A bundle with other temperatures and thresholds.

use crate::evaluation::Decision;
use crate::{TrainError, TrainingRecipe, card};
use std::fs;
use std::path::Path;
use undertone_bundle::{Bundle, CARD_FILE, name_and_version};

/// What a bundle's answers are read by.
#[derive(Debug)]
pub struct Recalibration<'a> {
    /// The recipe that the bundle was made by.
    pub recipe: &'a TrainingRecipe,
    /// How logits become answers.
    pub decision: Decision,
    /// What the causal network's logits are divided by; `None` where nothing is known, and the bundle's own stays.
    pub stream_temperature: Option<f32>,
}

impl Recalibration<'_> {
    /// Writes `bundle` again to `dir`, whose last two parts are the model's name and version: the same networks, with
    /// this calibration in manifest and card.
    pub fn write(&self, bundle: &Bundle, dir: &Path) -> Result<(), TrainError> {
        let mut manifest = bundle.manifest().clone();
        if manifest.name != self.recipe.name {
            let (dir, name) = (bundle.dir().display(), manifest.name);
            let message =
                format!("the bundle {dir} holds the model {name}, the recipe is of {}", self.recipe.name);
            return Err(TrainError::Unrelated(message));
        }
        (manifest.name, manifest.version) = name_and_version(dir);
        manifest.calibration = self.decision.calibration(&self.recipe.decision);
        if let (Some(stream), Some(temperature)) = (&mut manifest.graph.stream, self.stream_temperature) {
            stream.temperature = Some(temperature);
        }
        let mut contents = Vec::new();
        for name in std::mem::take(&mut manifest.files).into_keys() {
            let path = bundle.path_of(&name);
            contents.push((name, fs::read(&path).map_err(TrainError::file("read", &path))?));
        }
        for (_, content) in contents.iter_mut().filter(|(name, _)| name == CARD_FILE) {
            let card = String::from_utf8_lossy(content);
            let title = (manifest.name.as_str(), manifest.version.as_str());
            *content = card::recalibrated(&card, title, &self.recipe.decision, &self.decision).into_bytes();
        }
        let files: Vec<(&str, &[u8])> =
            contents.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        Bundle::write(dir, manifest, &files)?;
        Ok(())
    }
}
