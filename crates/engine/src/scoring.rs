//! One worker's classifiers: a batch is whatever its streams ask for when it turns round.

use crate::Observer;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use undertone_core::{Advance, Classifier, FramesView, Model, ModelRef, PluginError, StreamClassifier};

/// The logits of one item, or why there are none.
pub(crate) type ItemScores = Result<Vec<f32>, PluginError>;

/// One worker's classifiers, made when first needed.
#[derive(Default)]
pub(crate) struct Classifiers {
    ready: HashMap<ModelRef, ModelClassifiers>,
}

/// The classifiers of one model.
struct ModelClassifiers {
    whole: Box<dyn Classifier>,
    /// For models that score streams as they go on.
    stream: Option<Box<dyn StreamClassifier>>,
}

impl Classifiers {
    /// Makes the model's classifiers unless they are there.
    pub(crate) fn prepare(&mut self, model: &dyn Model) -> Result<(), PluginError> {
        self.of(model).map(|_| ())
    }

    /// Scores the utterances of `batch` with one call; gives one result per item and the time of the call.
    pub(crate) fn score(
        &mut self,
        model: &dyn Model,
        batch: &[FramesView<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        self.timed(model, batch.len(), observer, |classifiers, scores| {
            classifiers.whole.classify(batch, scores)
        })
    }

    /// Scores streams that go on, as [`Self::score`] does utterances.
    pub(crate) fn advance(
        &mut self,
        model: &dyn Model,
        batch: &mut [Advance<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        self.timed(model, batch.len(), observer, |classifiers, scores| match &mut classifiers.stream {
            Some(stream) => stream.advance(batch, scores),
            None => model.new_stream_classifier().map(|_| ()),
        })
    }

    fn timed(
        &mut self,
        model: &dyn Model,
        items: usize,
        observer: &dyn Observer,
        call: impl FnOnce(&mut ModelClassifiers, &mut Vec<ItemScores>) -> Result<(), PluginError>,
    ) -> (Vec<ItemScores>, Duration) {
        let begun = Instant::now();
        let mut scores = Vec::with_capacity(items);
        let called = self.of(model).and_then(|classifiers| call(classifiers, &mut scores));
        let took = begun.elapsed();
        if let Err(error) = called.and_then(|()| check(model, scores.len(), items)) {
            scores = (0..items).map(|_| Err(error.clone())).collect();
        }
        for _ in scores.iter().filter(|score| score.is_err()) {
            observer.plugin_failed(model.reference());
        }
        observer.batch_scored(model.reference(), items, took);
        (scores, took)
    }

    fn of(&mut self, model: &dyn Model) -> Result<&mut ModelClassifiers, PluginError> {
        if !self.ready.contains_key(model.reference()) {
            let stream = model.streaming().map(|_| model.new_stream_classifier()).transpose()?;
            let made = ModelClassifiers { whole: model.new_classifier()?, stream };
            self.ready.insert(model.reference().clone(), made);
        }
        Ok(self.ready.get_mut(model.reference()).expect("made just before"))
    }
}

fn check(model: &dyn Model, results: usize, items: usize) -> Result<(), PluginError> {
    if results == items {
        return Ok(());
    }
    Err(PluginError::Failed {
        plugin: model.reference().to_string(),
        what: "scoring".into(),
        message: format!("{results} results for {items} items"),
    })
}
