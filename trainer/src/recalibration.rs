//! A bundle with other temperatures and thresholds.

use crate::edition::Edition;
use crate::evaluation::Decision;
use crate::shipment::rounded;
use crate::{TrainError, TrainingRecipe, card};
use std::path::Path;
use undertone_bundle::{Bundle, Manifest};
use undertone_evaluation::{Protocol, Summary};

/// What a bundle's answers are read by.
#[derive(Debug)]
pub struct Recalibration<'a> {
    /// The recipe that the bundle was made by.
    pub recipe: &'a TrainingRecipe,
    /// How logits become answers.
    pub decision: Decision,
    /// What the causal network's logits are divided by; `None` where nothing is known, and the bundle's own stays.
    pub stream_temperature: Option<f32>,
    /// The figures of the evidence that they come from: what the card of a bundle quotes that learnt from every speaker.
    /// Others have figures of their own.
    pub summary: &'a Summary,
}

impl Recalibration<'_> {
    /// Writes `bundle` again to `dir`, whose last two parts are the model's name and version: the same networks, with
    /// this calibration in manifest and card, and what they say of the recipe and of its figures made anew.
    pub fn write(&self, bundle: &Bundle, dir: &Path) -> Result<(), TrainError> {
        let held = &bundle.manifest().name;
        if *held != self.recipe.name {
            let (dir, name) = (bundle.dir().display(), &self.recipe.name);
            let message = format!("the bundle {dir} holds the model {held}, the recipe is of {name}");
            return Err(TrainError::Unrelated(message));
        }
        let mut edition = Edition::new(bundle, dir)?;
        let quoted = edition.manifest.training.test_speakers.is_empty().then_some(self.summary);
        self.renew(&mut edition.manifest, quoted);
        edition
            .change_card(|card, title| card::recalibrated(card, title, self.recipe, &self.decision, quoted));
        edition.write()
    }

    fn renew(&self, manifest: &mut Manifest, quoted: Option<&Summary>) {
        manifest.calibration = self.decision.calibration(&self.recipe.decision);
        if let (Some(stream), Some(temperature)) = (&mut manifest.graph.stream, self.stream_temperature) {
            stream.temperature = Some(temperature);
        }
        if let Some(figures) = quoted.and_then(|summary| summary.protocol(Protocol::Speaker5)) {
            manifest.training.accuracy = rounded(figures.accuracy.value);
            manifest.training.uar = rounded(figures.uar.value);
        }
    }
}
