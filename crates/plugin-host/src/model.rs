//! A bundle with its plugins.

use crate::classifier_kind::ClassifierKind;
use crate::extractor_kind::ExtractorKind;
use crate::stream_kind::StreamKind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use undertone_bundle::{Bundle, Manifest, Provenance};
use undertone_core::{
    Classifier, Extractor, FrameLayout, Model, ModelRef, PluginError, StreamClassifier, Streaming,
};

/// A bundle with its plugins, ready to make instances.
#[derive(Debug)]
pub struct LoadedModel {
    reference: ModelRef,
    bundle: Bundle,
    card: String,
    extractor: Arc<ExtractorKind>,
    classifier: Arc<ClassifierKind>,
    stream: Option<Arc<StreamKind>>,
    replaced: Arc<AtomicU64>,
    last_word: OnceLock<LastWord>,
}

/// Called when nobody has a model any more.
struct LastWord(Box<dyn Fn() + Send + Sync>);

/// Keeps the plugins of a model, however many hold the model itself. Whoever drops it last waits until they are destroyed.
#[derive(Debug, Clone)]
pub struct KeptPlugins {
    _extractor: Arc<ExtractorKind>,
    _classifier: Arc<ClassifierKind>,
    _stream: Option<Arc<StreamKind>>,
}

/// The plugins of a model, and the counter of instances that they had to replace.
pub(crate) struct Plugins {
    pub(crate) extractor: Arc<ExtractorKind>,
    pub(crate) classifier: Arc<ClassifierKind>,
    pub(crate) stream: Option<Arc<StreamKind>>,
    pub(crate) replaced: Arc<AtomicU64>,
}

impl LoadedModel {
    pub(crate) fn new(bundle: Bundle, card: String, plugins: Plugins) -> Self {
        let Manifest { name, version, .. } = bundle.manifest();
        let reference = ModelRef { name: name.clone(), version: version.clone() };
        let Plugins { extractor, classifier, stream, replaced } = plugins;
        Self { reference, bundle, card, extractor, classifier, stream, replaced, last_word: OnceLock::new() }
    }

    /// Keeps its plugins.
    pub fn keep_plugins(&self) -> KeptPlugins {
        KeptPlugins {
            _extractor: Arc::clone(&self.extractor),
            _classifier: Arc::clone(&self.classifier),
            _stream: self.stream.clone(),
        }
    }

    /// Has `last_word` called when nobody has this model any more, on whatever thread had it last; the first caller's is.
    pub fn when_nobody_has_it(&self, last_word: impl Fn() + Send + Sync + 'static) {
        let _ = self.last_word.set(LastWord(Box::new(last_word)));
    }

    /// What the bundle says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.bundle.manifest()
    }

    /// The model card, Markdown.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// Who vouches for the bundle, as far as was asked.
    pub fn provenance(&self) -> &Provenance {
        self.bundle.provenance()
    }

    /// The bundle's folder.
    pub fn dir(&self) -> &Path {
        self.bundle.dir()
    }

    /// How many instances of its plugins failed and were replaced since it was loaded.
    pub fn instances_replaced(&self) -> u64 {
        self.replaced.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for LastWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LastWord")
    }
}

impl Drop for LoadedModel {
    fn drop(&mut self) {
        if let Some(LastWord(say)) = self.last_word.get() {
            say();
        }
    }
}

impl Model for LoadedModel {
    fn reference(&self) -> &ModelRef {
        &self.reference
    }

    fn labels(&self) -> &[String] {
        &self.manifest().labels
    }

    fn layout(&self) -> &FrameLayout {
        &self.extractor.layout
    }

    fn temperature(&self) -> f32 {
        self.manifest().calibration.temperature
    }

    fn abstain_below(&self) -> Option<f32> {
        self.manifest().calibration.abstain_below
    }

    fn plausible_from(&self) -> Option<f32> {
        self.manifest().calibration.conformal.map(|conformal| conformal.threshold)
    }

    fn min_frames(&self) -> usize {
        self.manifest().limits.min_frames as usize
    }

    fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
        Ok(Box::new(self.extractor.extractor()?))
    }

    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        Ok(Box::new(self.classifier.classifier()?))
    }

    fn streaming(&self) -> Option<Streaming> {
        self.stream.as_ref().map(|kind| kind.streaming)
    }

    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        match &self.stream {
            Some(kind) => Ok(Box::new(kind.classifier()?)),
            None => Err(self.classifier.refused("the model scores whole utterances only".into())),
        }
    }
}
