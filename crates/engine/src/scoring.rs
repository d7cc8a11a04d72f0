//! One worker's classifiers: a batch is whatever its streams ask for when it turns round.

use crate::Observer;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use undertone_core::{Classifier, FramesView, Model, ModelRef, PluginError};

/// The logits of one item, or why there are none.
pub(crate) type ItemScores = Result<Vec<f32>, PluginError>;

/// One worker's classifiers, one per model, made when first needed.
#[derive(Default)]
pub(crate) struct Classifiers {
    ready: HashMap<ModelRef, Box<dyn Classifier>>,
}

impl Classifiers {
    /// Makes the model's classifier unless it is there.
    pub(crate) fn prepare(&mut self, model: &dyn Model) -> Result<(), PluginError> {
        if !self.ready.contains_key(model.reference()) {
            let classifier = model.new_classifier()?;
            self.ready.insert(model.reference().clone(), classifier);
        }
        Ok(())
    }

    /// Scores `batch` with one call; gives one result per item and the time of the call.
    pub(crate) fn score(
        &mut self,
        model: &dyn Model,
        batch: &[FramesView<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        let begun = Instant::now();
        let mut scores = Vec::with_capacity(batch.len());
        let called = self.prepare(model).and_then(|()| self.call(model, batch, &mut scores));
        let took = begun.elapsed();
        if let Err(error) = called {
            scores = batch.iter().map(|_| Err(error.clone())).collect();
        }
        for _ in scores.iter().filter(|score| score.is_err()) {
            observer.plugin_failed(model.reference());
        }
        observer.batch_scored(model.reference(), batch.len(), took);
        (scores, took)
    }

    fn call(
        &mut self,
        model: &dyn Model,
        batch: &[FramesView<'_>],
        scores: &mut Vec<ItemScores>,
    ) -> Result<(), PluginError> {
        let classifier = self.ready.get_mut(model.reference()).expect("prepared just before");
        classifier.classify(batch, scores)?;
        if scores.len() == batch.len() {
            return Ok(());
        }
        Err(PluginError::Failed {
            plugin: model.reference().to_string(),
            what: "classify".into(),
            message: format!("{} results for {} items", scores.len(), batch.len()),
        })
    }
}
