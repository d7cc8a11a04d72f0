//! A bundle with its plugins.

use crate::framer::Framer;
use crate::scorers::Scorers;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use undertone_bundle::{Bundle, Manifest, Provenance};
use undertone_core::{
    Classifier, Extractor, FrameLayout, Model, ModelRef, PluginError, StreamClassifier, Streaming, Unready,
};

/// A bundle with its plugins, ready to make instances.
#[derive(Debug)]
pub struct LoadedModel {
    reference: ModelRef,
    bundle: Bundle,
    card: String,
    extractor: Framer,
    scorers: Scorers,
    replaced: Arc<AtomicU64>,
    last_word: OnceLock<LastWord>,
}

/// Called when nobody has a model any more.
struct LastWord(Box<dyn Fn() + Send + Sync>);

/// Keeps the plugins of a model, however many hold the model itself. Whoever drops it last waits until they are destroyed.
#[derive(Debug, Clone)]
pub struct KeptPlugins {
    _extractor: Framer,
    _scorers: Scorers,
}

/// The plugins of a model, and the counter of instances that they had to replace.
pub(crate) struct Plugins {
    pub(crate) extractor: Framer,
    pub(crate) scorers: Scorers,
    pub(crate) replaced: Arc<AtomicU64>,
}

impl LoadedModel {
    pub(crate) fn new(bundle: Bundle, card: String, plugins: Plugins) -> Self {
        let Manifest { name, version, .. } = bundle.manifest();
        let reference = ModelRef { name: name.clone(), version: version.clone() };
        let Plugins { extractor, scorers, replaced } = plugins;
        Self { reference, bundle, card, extractor, scorers, replaced, last_word: OnceLock::new() }
    }

    /// Keeps its plugins.
    pub fn keep_plugins(&self) -> KeptPlugins {
        KeptPlugins { _extractor: self.extractor.clone(), _scorers: self.scorers.clone() }
    }

    /// Has `last_word` called when nobody has this model any more, on whatever thread had it last; the first caller's is.
    pub fn when_nobody_has_it(&self, last_word: impl Fn() + Send + Sync + 'static) {
        let _ = self.last_word.set(LastWord(Box::new(last_word)));
    }

    /// What the bundle says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.bundle.manifest()
    }

    /// The plugin that runs its graphs.
    pub fn classifier_plugin(&self) -> &str {
        self.scorers.plugin()
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
        self.extractor.layout()
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
        self.extractor.extractor()
    }

    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        self.scorers.classifier()
    }

    fn streaming(&self) -> Option<Streaming> {
        self.scorers.streaming()
    }

    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        self.scorers.stream_classifier()
    }

    fn is_apart(&self) -> bool {
        self.scorers.are_apart() || self.extractor.is_apart()
    }

    fn unready(&self) -> Option<Unready> {
        self.extractor.unready().or_else(|| self.scorers.unready())
    }
}
