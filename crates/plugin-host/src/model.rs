//! A bundle with its plugins.

use crate::extractor_kind::ExtractorKind;
use crate::scorers::Scorers;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use undertone_bundle::{Bundle, Manifest};
use undertone_core::{
    Classifier, Extractor, FrameLayout, Model, ModelRef, PluginError, StreamClassifier, Streaming, Unready,
};

/// A bundle with its plugins, ready to make instances.
#[derive(Debug)]
pub struct LoadedModel {
    reference: ModelRef,
    bundle: Bundle,
    card: String,
    extractor: Arc<ExtractorKind>,
    scorers: Scorers,
    replaced: Arc<AtomicU64>,
}

/// The plugins of a model, and the counter of instances that they had to replace.
pub(crate) struct Plugins {
    pub(crate) extractor: Arc<ExtractorKind>,
    pub(crate) scorers: Scorers,
    pub(crate) replaced: Arc<AtomicU64>,
}

impl LoadedModel {
    pub(crate) fn new(bundle: Bundle, card: String, plugins: Plugins) -> Self {
        let Manifest { name, version, .. } = bundle.manifest();
        let reference = ModelRef { name: name.clone(), version: version.clone() };
        let Plugins { extractor, scorers, replaced } = plugins;
        Self { reference, bundle, card, extractor, scorers, replaced }
    }

    /// What the bundle says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.bundle.manifest()
    }

    /// The model card, Markdown.
    pub fn card(&self) -> &str {
        &self.card
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
        self.scorers.classifier()
    }

    fn streaming(&self) -> Option<Streaming> {
        self.scorers.streaming()
    }

    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        self.scorers.stream_classifier()
    }

    fn is_apart(&self) -> bool {
        self.scorers.are_apart()
    }

    fn unready(&self) -> Option<Unready> {
        self.scorers.unready()
    }
}
