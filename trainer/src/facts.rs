//! What a report says about a recipe beyond its predictions.

use crate::{DataSheet, Ensemble, Interface, Network, TrainError, TrainingRecipe};
use undertone_core::Emotion;
use undertone_evaluation::{Evidence, Facts, Protocol};

const FRAMES_PER_SECOND: usize = 100;

impl TrainingRecipe {
    /// Size and cost of the networks of full context, and what must be said about `sheet`'s data.
    pub fn facts(&self, sheet: &DataSheet) -> Facts {
        let networks = self.untrained();
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

    /// Refuses evidence of networks of another size: it says nothing about this recipe.
    pub fn check_evidence(&self, evidence: &Evidence) -> Result<(), TrainError> {
        let own = self.untrained().learnt() as u64;
        let folds =
            Protocol::ALL.into_iter().flat_map(|protocol| evidence.of(protocol)).flat_map(|run| &run.folds);
        match folds.map(|fold| fold.learnt_values).find(|&values| values != own) {
            None => Ok(()),
            Some(values) => Err(TrainError::Unrelated(format!(
                "the evidence is about networks of {values} learnt values, those of the recipe {} have {own}",
                self.name
            ))),
        }
    }

    /// The networks of full context before they learn.
    fn untrained(&self) -> Ensemble {
        let interface = Interface { dim: self.dim(), labels: Emotion::ALL.len() };
        Ensemble::new(vec![Network::new(self.whole.clone(), interface, 0); self.ensemble])
    }
}
