//! The plugins of a bundle, compared with what its manifest says.

use crate::classifier_kind::{ClassifierKind, Shared};
use crate::configuration;
use crate::extractor_kind::ExtractorKind;
use crate::framer::Framer;
use crate::note::FeatureNote;
use crate::plugin::PluginHandle;
use crate::scorers::Scorers;
use crate::stream_kind::StreamKind;
use crate::version::is_spoken;
use crate::{HostError, PluginHost};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use undertone_bundle::{Bundle, Manifest};

/// What manifest and extractor must agree on before all else.
const FINGERPRINT: &str = "the fingerprint of its features";

impl PluginHost {
    /// The plugin that runs a bundle's graphs: the one that the bundle names, or the one that takes its place.
    pub(crate) fn classifier_plugin<'a>(&'a self, bundle: &'a Bundle) -> &'a str {
        let Manifest { name, plugin, .. } = bundle.manifest();
        let substitute = self.substitutes.get(name).or_else(|| self.substitutes.get(&plugin.classifier));
        substitute.unwrap_or(&plugin.classifier)
    }

    /// Compares what the extractor's library noted about its frames with the manifest, without loading it.
    pub(crate) fn check_note(&self, bundle: &Bundle) -> Result<(), HostError> {
        let Manifest { plugin, features, .. } = bundle.manifest();
        let Ok(library) = self.library_path(&plugin.extractor) else { return Ok(()) };
        let noted = FeatureNote::contradiction(&plugin.extractor, &library, features);
        let comparison = Comparison { bundle, plugin: &plugin.extractor };
        noted.map_or(Ok(()), |noted| comparison.check(FINGERPRINT, &features.fingerprint, &noted))
    }

    /// The bundle's extractor, where the settings want it.
    pub(crate) fn framer_of(&self, bundle: &Bundle, replaced: &Arc<AtomicU64>) -> Result<Framer, HostError> {
        let signals = (replaced, &self.cancelled);
        let apart = self.apart.as_ref().map(|apart| apart.extractor(bundle, self, signals));
        let framer = match apart.transpose()?.flatten() {
            Some(extractors) => Framer::Apart(Arc::new(extractors)),
            None => Framer::Here(Arc::new(self.extractor_here(bundle, Arc::clone(replaced))?)),
        };
        let Manifest { plugin, features, .. } = bundle.manifest();
        let mismatch = Comparison { bundle, plugin: &plugin.extractor };
        mismatch.check(FINGERPRINT, &features.fingerprint, &framer.fingerprint().to_owned())?;
        mismatch.check("the number of values per frame", &(features.dim as usize), &framer.layout().dim)?;
        Ok(framer)
    }

    /// The bundle's extractor in this process. What it says is yet to be compared with the manifest.
    pub(crate) fn extractor_here(
        &self,
        bundle: &Bundle,
        replaced: Arc<AtomicU64>,
    ) -> Result<ExtractorKind, HostError> {
        let extractor = &bundle.manifest().plugin.extractor;
        self.extractor_kind(extractor, &configuration::of_extractor(bundle), replaced)
    }

    /// The bundle's classifier, where the settings want it.
    pub(crate) fn scorers_of(
        &self,
        bundle: &Bundle,
        replaced: &Arc<AtomicU64>,
    ) -> Result<Scorers, HostError> {
        let signals = (replaced, &self.cancelled);
        let apart = self
            .apart
            .as_ref()
            .map(|apart| apart.classifier((bundle, self.classifier_plugin(bundle)), self, signals));
        if let Some(model) = apart.transpose()?.flatten() {
            return Ok(Scorers::Apart(Arc::new(model)));
        }
        let (whole, stream) = self.classifiers_of(bundle, replaced)?;
        Ok(Scorers::Here { whole, stream })
    }

    /// The bundle's classifier with both of its graphs, in this process.
    pub(crate) fn classifiers_of(
        &self,
        bundle: &Bundle,
        replaced: &Arc<AtomicU64>,
    ) -> Result<(Arc<ClassifierKind>, Option<Arc<StreamKind>>), HostError> {
        let whole = self.classifier_of(bundle, Arc::clone(replaced))?;
        Ok((Arc::new(whole), self.stream_of(bundle, replaced)?.map(Arc::new)))
    }

    fn classifier_of(&self, bundle: &Bundle, replaced: Arc<AtomicU64>) -> Result<ClassifierKind, HostError> {
        self.classifier_kind(bundle, &configuration::of_whole(bundle), replaced)
    }

    /// The plugin with the bundle's stateful graph, if it has one.
    fn stream_of(&self, bundle: &Bundle, replaced: &Arc<AtomicU64>) -> Result<Option<StreamKind>, HostError> {
        let Manifest { graph, calibration, .. } = bundle.manifest();
        let plugin = self.classifier_plugin(bundle);
        let (Some(stream), Some(configuration)) = (&graph.stream, configuration::of_stream(bundle)) else {
            return Ok(None);
        };
        let (library, path) = self.library(plugin)?;
        let functions = library.stream.ok_or_else(|| missing_kind(path, "classifier that carries state"))?;
        let classifier = self.classifier_kind(bundle, &configuration, Arc::clone(replaced))?;
        let temperature = stream.temperature.unwrap_or(calibration.temperature);
        let kind = StreamKind::new(classifier, functions, (stream.step_frames as usize, temperature))?;
        let lengths =
            stream.states.iter().map(|state| state.shape.iter().map(|&length| length as usize).product());
        let mismatch = Comparison { bundle, plugin };
        let shown = |lengths: &[usize]| format!("{lengths:?}");
        mismatch.check(
            "the lengths of its states",
            &shown(&lengths.collect::<Vec<_>>()),
            &shown(&kind.tensors),
        )?;
        Ok(Some(kind))
    }

    fn classifier_kind(
        &self,
        bundle: &Bundle,
        configuration: &str,
        replaced: Arc<AtomicU64>,
    ) -> Result<ClassifierKind, HostError> {
        let Manifest { features, labels, limits, .. } = bundle.manifest();
        let plugin = self.classifier_plugin(bundle);
        let (library, path) = self.library(plugin)?;
        let functions = library.classifier.ok_or_else(|| missing_kind(path, "classifier"))?;
        let handle = PluginHandle::create(library, configuration)?;
        let cancelled = Arc::clone(&self.cancelled);
        let shared = Shared { limits: *limits, replaced, cancelled, run_limit: self.run_limit };
        let kind = ClassifierKind::new(handle, functions, shared)?;
        let mismatch = Comparison { bundle, plugin };
        mismatch.check("the number of values per frame", &(features.dim as usize), &kind.rules.dim)?;
        mismatch.check("the number of labels", &labels.len(), &kind.label_count)?;
        Ok(kind)
    }
}

/// The contract that a bundle was made for is compared before its plugins are touched.
pub(crate) fn check_abi(bundle: &Bundle) -> Result<(), HostError> {
    let version = bundle.manifest().plugin.abi.split_once('.');
    let numbers = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor): (u32, u32) = numbers.expect("the version of an opened bundle was checked");
    if is_spoken(major, minor) {
        return Ok(());
    }
    Err(HostError::Version { what: format!("bundle {}", bundle.dir().display()), major, minor })
}

pub(crate) fn missing_kind(path: PathBuf, kind: &str) -> HostError {
    HostError::Contract {
        path,
        what: format!("it has none of the functions of the kind {kind}, for which it is asked"),
    }
}

/// Compares what a manifest says with what a plugin reports.
struct Comparison<'a> {
    bundle: &'a Bundle,
    plugin: &'a str,
}

impl Comparison<'_> {
    fn check<T: PartialEq + ToString>(
        &self,
        what: &'static str,
        manifest: &T,
        reported: &T,
    ) -> Result<(), HostError> {
        if manifest == reported {
            return Ok(());
        }
        Err(HostError::Mismatch {
            dir: self.bundle.dir().to_owned(),
            what,
            manifest: manifest.to_string(),
            plugin: self.plugin.to_owned(),
            reported: reported.to_string(),
        })
    }
}
