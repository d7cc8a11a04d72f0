//! One worker's classifiers: a batch is whatever its streams ask for when it turns round.

use crate::Observer;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use undertone_core::{
    Advance, Classifier, Frames, FramesView, Model, ModelRef, PluginError, StreamClassifier,
};

/// The logits of one item, or why there are none.
pub(crate) type ItemScores = Result<Vec<f32>, PluginError>;

/// One worker's classifiers, made when first needed unless they were handed over.
#[derive(Default)]
pub(crate) struct Classifiers {
    ready: HashMap<ModelRef, ModelClassifiers>,
}

/// The classifiers of one model, for one worker.
pub(crate) struct ModelClassifiers {
    /// Gone while it is lent.
    whole: Option<WholeClassifier>,
    /// For models that score streams as they go on.
    stream: Option<Box<dyn StreamClassifier>>,
}

impl std::fmt::Debug for ModelClassifiers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelClassifiers").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl ModelClassifiers {
    pub(crate) fn make(model: &dyn Model) -> Result<Self, PluginError> {
        let stream = model.streaming().map(|_| model.new_stream_classifier()).transpose()?;
        Ok(Self { whole: Some(WholeClassifier::make(model)?), stream })
    }

    /// Scores as little as can be, so that what an instance makes on its first call is there before a stream waits for it.
    /// What is said about silence does not matter, nor whether anything is.
    pub(crate) fn warm_up(&mut self, model: &dyn Model) -> Result<(), PluginError> {
        let mut scores = Vec::new();
        let shortest = silence(model, model.min_frames());
        self.whole(model)?.0.classify(&[shortest.view(0..shortest.len())], &mut scores)?;
        if let (Some(stream), Some(streaming)) = (&mut self.stream, model.streaming()) {
            let step = silence(model, streaming.step_frames);
            let mut state = vec![0.0; streaming.state_values];
            let frames = step.view(0..step.len());
            stream.advance(&mut [Advance { frames, state: &mut state }], &mut scores)?;
        }
        Ok(())
    }

    /// Instances in it.
    pub(crate) fn count(&self) -> usize {
        usize::from(self.whole.is_some()) + usize::from(self.stream.is_some())
    }

    /// The one for whole utterances; another one while it is lent.
    fn whole(&mut self, model: &dyn Model) -> Result<&mut WholeClassifier, PluginError> {
        let own = self.whole.take().map_or_else(|| WholeClassifier::make(model), Ok)?;
        Ok(self.whole.insert(own))
    }
}

/// A model's classifier for whole utterances.
pub(crate) struct WholeClassifier(Box<dyn Classifier>);

impl WholeClassifier {
    fn make(model: &dyn Model) -> Result<Self, PluginError> {
        model.new_classifier().map(Self)
    }

    /// Scores the utterances of `batch` with one call; gives one result per item and the time of the call.
    pub(crate) fn score(
        &mut self,
        model: &dyn Model,
        batch: &[FramesView<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        timed(model, batch.len(), observer, |scores| self.0.classify(batch, scores))
    }
}

fn silence(model: &dyn Model, frames: usize) -> Frames {
    let mut silence = Frames::new(model.layout().dim);
    silence.grow(frames.max(1)).fill(0.0);
    silence
}

impl Classifiers {
    /// Takes classifiers that were made for this worker.
    pub(crate) fn adopt(&mut self, model: &ModelRef, classifiers: ModelClassifiers) {
        self.ready.insert(model.clone(), classifiers);
    }

    /// Gives up the model's classifiers.
    pub(crate) fn give_up(&mut self, model: &ModelRef) -> Option<ModelClassifiers> {
        self.ready.remove(model)
    }

    /// Makes the model's classifiers unless they are there.
    pub(crate) fn prepare(&mut self, model: &dyn Model) -> Result<(), PluginError> {
        self.of(model).map(|_| ())
    }

    /// Gives away the model's classifier for whole utterances, until [`Self::take_back`].
    pub(crate) fn lend(&mut self, model: &dyn Model) -> Result<WholeClassifier, PluginError> {
        match self.of(model)?.whole.take() {
            Some(own) => Ok(own),
            None => WholeClassifier::make(model),
        }
    }

    /// Takes back what was lent.
    pub(crate) fn take_back(&mut self, model: &ModelRef, lent: WholeClassifier) {
        if let Some(own) = self.ready.get_mut(model) {
            own.whole = Some(lent);
        }
    }

    /// Scores utterances, as [`WholeClassifier::score`].
    pub(crate) fn score(
        &mut self,
        model: &dyn Model,
        batch: &[FramesView<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        timed(model, batch.len(), observer, |scores| self.of(model)?.whole(model)?.0.classify(batch, scores))
    }

    /// Scores streams that go on, as [`Self::score`] does utterances.
    pub(crate) fn advance(
        &mut self,
        model: &dyn Model,
        batch: &mut [Advance<'_>],
        observer: &dyn Observer,
    ) -> (Vec<ItemScores>, Duration) {
        timed(model, batch.len(), observer, |scores| match &mut self.of(model)?.stream {
            Some(stream) => stream.advance(batch, scores),
            None => model.new_stream_classifier().map(|_| ()),
        })
    }

    fn of(&mut self, model: &dyn Model) -> Result<&mut ModelClassifiers, PluginError> {
        if !self.ready.contains_key(model.reference()) {
            self.ready.insert(model.reference().clone(), ModelClassifiers::make(model)?);
        }
        Ok(self.ready.get_mut(model.reference()).expect("made just before"))
    }
}

/// What a call says about so many items, and how long it took. Where the call fails, so does every item.
fn timed(
    model: &dyn Model,
    items: usize,
    observer: &dyn Observer,
    call: impl FnOnce(&mut Vec<ItemScores>) -> Result<(), PluginError>,
) -> (Vec<ItemScores>, Duration) {
    let begun = Instant::now();
    let mut scores = Vec::with_capacity(items);
    let called = call(&mut scores);
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

fn check(model: &dyn Model, results: usize, items: usize) -> Result<(), PluginError> {
    if results == items {
        return Ok(());
    }
    Err(failed(model, format!("{results} results for {items} items")))
}

/// Why an item was not scored, where the plugin itself does not say.
pub(crate) fn failed(model: &dyn Model, message: impl Into<String>) -> PluginError {
    PluginError::Failed {
        plugin: model.reference().to_string(),
        what: "scoring".into(),
        message: message.into(),
    }
}
