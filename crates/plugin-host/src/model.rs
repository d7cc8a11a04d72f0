//! A bundle with its plugins.

use crate::classifier_kind::ClassifierKind;
use crate::extractor_kind::ExtractorKind;
use crate::stream_kind::StreamKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use undertone_bundle::{Bundle, Manifest};
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
        Self { reference, bundle, card, extractor, classifier, stream, replaced }
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
