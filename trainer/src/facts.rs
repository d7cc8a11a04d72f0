//! What a report says about a recipe beyond its predictions.

use crate::{DataSheet, Ensemble, Interface, Network, TrainingRecipe};
use undertone_core::Emotion;
use undertone_evaluation::Facts;

const FRAMES_PER_SECOND: usize = 100;

impl TrainingRecipe {
    /// Size and cost of the networks of full context, and what must be said about `sheet`'s data.
    pub fn facts(&self, sheet: &DataSheet) -> Facts {
        let interface = Interface { dim: self.dim(), labels: Emotion::ALL.len() };
        let network = Network::new(self.whole.clone(), interface, 0);
        let networks = Ensemble::new(vec![network; self.ensemble]);
        Facts {
            model: self.name.clone(),
            description: self.description.clone(),
            parameters: networks.learnt() as u64,
            macs_per_second: networks.macs(FRAMES_PER_SECOND) as u64,
            file_bytes: networks.to_onnx().len() as u64,
            milliseconds_per_clip: None,
            licence: sheet.licence.clone(),
            data_set: sheet.dataset.clone(),
            citation: sheet.citation.clone(),
        }
    }
}
