//! The library that a case looks at.

use super::outcome::{Outcome, Step, broken, skipped, taken};
use crate::HostConfig;
use crate::call::RUN_LIMIT;
use crate::classifier_kind::{ClassifierKind, Shared};
use crate::configuration;
use crate::extractor_kind::ExtractorKind;
use crate::library::Library;
use crate::onnxruntime::OnnxRuntime;
use crate::plugin::PluginHandle;
use crate::stream_kind::StreamKind;
use std::path::PathBuf;
use std::sync::Arc;
use undertone_bundle::{Bundle, Limits};

/// What an extractor is told when nobody says more.
const DEFAULT_EXTRACTOR_CONFIGURATION: &str = "{\"recipe\":{}}";
/// What a classifier is asked for when no bundle says otherwise.
const DEFAULT_LIMITS: Limits = Limits { min_frames: 1, max_frames: 1_000 };

/// What a library is asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Extractor,
    Classifier,
}

/// The library that a case looks at, and what its plugins are told.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The library's file.
    pub library: PathBuf,
    /// What its plugins are told, JSON; wins over the bundle.
    pub configuration: Option<String>,
    /// A bundle whose extractor or classifier it is.
    pub bundle: Option<PathBuf>,
    /// The plugin that the bundle names, where the library takes its place.
    pub instead_of: Option<String>,
    /// Where other plugins and ONNX Runtime are.
    pub host: HostConfig,
}

impl Subject {
    /// The library's file, absolute and without links.
    pub(crate) fn path(&self) -> Outcome<PathBuf> {
        self.library.canonicalize().or_else(|why| broken(format!("{}: {why}", self.library.display())))
    }

    pub(crate) fn onnxruntime(&self) -> Arc<OnnxRuntime> {
        let folder = self.host.plugins_dir.join("../lib");
        Arc::new(OnnxRuntime::new(self.host.onnxruntime.clone(), folder))
    }

    /// The library in this process.
    pub(crate) fn load(&self) -> Outcome<&'static Library> {
        taken(Step::Library, Library::load(&self.path()?, &self.onnxruntime()))
    }

    /// The bundle, when the library is what `name` chooses of its manifest, or takes its place.
    fn bundle_for(&self, library: &Library, name: fn(&Bundle) -> &str) -> Outcome<Option<Bundle>> {
        let Some(dir) = &self.bundle else { return Ok(None) };
        let bundle = taken(Step::Configuration, Bundle::open(dir))?;
        let is_meant = |name: &str| name == library.name || self.instead_of.as_deref() == Some(name);
        Ok(Some(bundle).filter(|bundle| is_meant(name(bundle))))
    }

    /// What the library's plugins are told, and whether somebody said so; the words say what is missing.
    pub(crate) fn configuration_of(&self, library: &Library, kind: Kind) -> Result<(String, bool), String> {
        if let Some(configuration) = &self.configuration {
            return Ok((configuration.clone(), true));
        }
        let read = |name| self.bundle_for(library, name).ok().flatten();
        if kind == Kind::Extractor {
            let bundle = read(|bundle| &bundle.manifest().plugin.extractor);
            let said = bundle.as_ref().map(configuration::of_extractor);
            return Ok(said.map_or((DEFAULT_EXTRACTOR_CONFIGURATION.to_owned(), false), |said| (said, true)));
        }
        let bundle = read(|bundle| &bundle.manifest().plugin.classifier);
        bundle.map(|bundle| (configuration::of_whole(&bundle), true)).ok_or_else(|| {
            "a classifier needs something to open: give --bundle DIR with a bundle that names it".to_owned()
        })
    }

    /// A plugin of the library, with the configuration that it is given.
    fn plugin(&self, library: &'static Library, kind: Kind) -> Outcome<PluginHandle> {
        let (configuration, said) = self.configuration_of(library, kind).or_else(skipped)?;
        match PluginHandle::create(library, &configuration) {
            Ok(plugin) => Ok(plugin),
            Err(why) if said => taken(Step::Configuration, Err(why)),
            Err(why) => skipped(format!(
                "without --configuration JSON or --bundle DIR it is told {configuration}, and {why}"
            )),
        }
    }

    /// The library's extractor.
    pub(crate) fn extractor(&self) -> Outcome<ExtractorKind> {
        let library = self.load()?;
        let Some(functions) = library.extractor else { return skipped("the library holds no extractor") };
        let plugin = self.plugin(library, Kind::Extractor)?;
        taken(Step::Description, ExtractorKind::new(plugin, functions, Arc::default()))
    }

    /// The library's classifier.
    pub(crate) fn classifier(&self) -> Outcome<ClassifierKind> {
        let library = self.load()?;
        let Some(functions) = library.classifier else { return skipped("the library holds no classifier") };
        let plugin = self.plugin(library, Kind::Classifier)?;
        taken(Step::Description, ClassifierKind::new(plugin, functions, self.shared(library)?))
    }

    /// The values per frame and the number of labels that the classifier is told, where somebody tells it.
    pub(crate) fn told_shape(&self) -> Outcome<Option<(usize, usize)>> {
        let (configuration, _) = self.configuration_of(self.load()?, Kind::Classifier).or_else(skipped)?;
        let Ok(told) = serde_json::from_str::<serde_json::Value>(&configuration) else { return Ok(None) };
        let dim = told["dim"].as_u64().and_then(|dim| usize::try_from(dim).ok());
        Ok(dim.zip(told["labels"].as_array().map(Vec::len)))
    }

    /// The library's classifier as it carries state.
    pub(crate) fn stream(&self) -> Outcome<StreamKind> {
        let library = self.load()?;
        let Some(functions) = library.classifier else { return skipped("the library holds no classifier") };
        let Some(stream) = library.stream else {
            return skipped("the library does not have the extension undertone.stream-state/1");
        };
        let bundle = self.bundle_for(library, |bundle| &bundle.manifest().plugin.classifier)?;
        let Some((bundle, configuration)) =
            bundle.and_then(|bundle| configuration::of_stream(&bundle).map(|told| (bundle, told)))
        else {
            return skipped("carrying state needs a bundle with graph.stream: give --bundle DIR");
        };
        let plugin = taken(Step::Configuration, PluginHandle::create(library, &configuration))?;
        let classifier =
            taken(Step::Description, ClassifierKind::new(plugin, functions, self.shared(library)?))?;
        let graph = bundle.manifest().graph.stream.as_ref();
        let step = graph.map_or(1, |graph| graph.step_frames as usize);
        taken(Step::Description, StreamKind::new(classifier, stream, (step, 1.0)))
    }

    fn shared(&self, library: &Library) -> Outcome<Shared> {
        let bundle = self.bundle_for(library, |bundle| &bundle.manifest().plugin.classifier)?;
        let limits = bundle.map_or(DEFAULT_LIMITS, |bundle| bundle.manifest().limits);
        Ok(Shared { limits, replaced: Arc::default(), cancelled: Arc::default(), run_limit: RUN_LIMIT })
    }
}
