//! The host of all plugins of a process.

use crate::call::RUN_LIMIT;
use crate::classifier_kind::{ClassifierKind, Shared};
use crate::configuration;
use crate::extractor_kind::ExtractorKind;
use crate::golden;
use crate::isolation::{Apart, IsolationConfig, ProcessObserver, Unobserved};
use crate::library::Library;
use crate::model::{LoadedModel, Plugins};
use crate::onnxruntime::OnnxRuntime;
use crate::plugin::PluginHandle;
use crate::scorers::Scorers;
use crate::stream_kind::StreamKind;
use crate::version::is_spoken;
use crate::{HostError, OnnxRuntimeError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use undertone_bundle::{Bundle, Manifest, discover};
use undertone_core::{Extractor, Model};

/// Where things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// Folder of the plugin libraries, `libundertone_plugin_NAME.so`.
    pub plugins_dir: PathBuf,
    /// Folder of the bundles, `NAME/VERSION`.
    pub models_dir: PathBuf,
    /// ONNX Runtime's library; without it `lib/libonnxruntime.so*` beside the plugin folder is taken.
    pub onnxruntime: Option<PathBuf>,
}

/// Loads plugins and models. Cheap to make: nothing is read before it is asked for.
#[derive(Debug)]
pub struct PluginHost {
    pub(crate) config: HostConfig,
    onnxruntime: Arc<OnnxRuntime>,
    /// By absolute path without links.
    libraries: Mutex<BTreeMap<PathBuf, &'static Library>>,
    cancelled: Arc<AtomicBool>,
    /// Libraries that lie elsewhere than in the folder of plugins, by name.
    elsewhere: BTreeMap<String, PathBuf>,
    run_limit: Duration,
    /// Which plugins run in processes of their own; none where nobody said so.
    apart: Option<Apart>,
}

/// What [`PluginHost::load_all`] found.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// The models that can be served, by name and then by version.
    pub models: Vec<Arc<LoadedModel>>,
    /// What cannot, and why.
    pub refused: Vec<Refusal>,
}

/// A bundle that cannot be served.
#[derive(Debug)]
pub struct Refusal {
    /// The bundle's folder, or the folder of models when it cannot be read.
    pub path: PathBuf,
    /// Why.
    pub error: HostError,
}

/// A counter that a plugin keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginCounter {
    /// Which plugin.
    pub plugin: String,
    /// The plugin's own version.
    pub plugin_version: String,
    /// The counter's name.
    pub name: String,
    /// Its value; only grows.
    pub value: u64,
}

impl PluginHost {
    /// A host that looks where `config` says.
    pub fn new(config: HostConfig) -> Self {
        let library_folder = config.plugins_dir.join("../lib");
        let onnxruntime = Arc::new(OnnxRuntime::new(config.onnxruntime.clone(), library_folder));
        Self {
            config,
            onnxruntime,
            libraries: Mutex::default(),
            cancelled: Arc::default(),
            elsewhere: BTreeMap::new(),
            run_limit: RUN_LIMIT,
            apart: None,
        }
    }

    /// The same with plugins in processes of their own, as `config` says. `observer` is told of them.
    pub fn with_isolation(
        mut self,
        config: IsolationConfig,
        observer: Option<Arc<dyn ProcessObserver>>,
    ) -> Self {
        let observer = observer.unwrap_or_else(|| Arc::new(Unobserved));
        self.apart = Some(Apart { config, observer });
        self
    }

    /// The same with another limit for how long a run may take.
    pub(crate) fn with_run_limit(mut self, limit: Duration) -> Self {
        self.run_limit = limit;
        self
    }

    /// The same with the library of one plugin that lies elsewhere.
    pub(crate) fn with_library(mut self, plugin: &str, path: PathBuf) -> Self {
        self.elsewhere.insert(plugin.to_owned(), path);
        self
    }

    /// Loads every bundle in the folder of models. One that is bad does not stop the others.
    pub fn load_all(&self) -> LoadReport {
        let mut report = LoadReport::default();
        let models_dir = &self.config.models_dir;
        let folders = discover(models_dir).unwrap_or_else(|error| {
            report.refused.push(Refusal { path: models_dir.clone(), error: error.into() });
            Vec::new()
        });
        let mut seen = BTreeSet::new();
        for path in folders {
            match self.load_model(&path) {
                Ok(model) if seen.insert(model.reference().clone()) => report.models.push(model),
                Ok(model) => {
                    let model = model.reference().to_string();
                    let error = HostError::Duplicate { dir: path.clone(), model };
                    report.refused.push(Refusal { path, error });
                }
                Err(error) => report.refused.push(Refusal { path, error }),
            }
        }
        report
    }

    /// Loads one bundle: verifies its files, then loads its plugins, then compares what they say, and what they
    /// give for the golden frames, with the manifest.
    pub fn load_model(&self, bundle_dir: &Path) -> Result<Arc<LoadedModel>, HostError> {
        self.load_bundle(Bundle::open(bundle_dir)?)
    }

    /// The same for a bundle that is open, which means that its files were verified.
    pub fn load_bundle(&self, bundle: Bundle) -> Result<Arc<LoadedModel>, HostError> {
        let card = bundle.read_card()?;
        check_abi(&bundle)?;
        let replaced = Arc::new(AtomicU64::new(0));
        let plugins = Plugins {
            extractor: Arc::new(self.extractor_of(&bundle, Arc::clone(&replaced))?),
            scorers: self.scorers_of(&bundle, &replaced)?,
            replaced,
        };
        golden::check(&bundle, &plugins)?;
        Ok(Arc::new(LoadedModel::new(bundle, card, plugins)))
    }

    /// An extractor of the plugin `plugin` with the JSON configuration `{"recipe": ...}`, outside any model.
    pub fn extractor(&self, plugin: &str, configuration: &str) -> Result<Box<dyn Extractor>, HostError> {
        let kind = Arc::new(self.extractor_kind(plugin, configuration, Arc::default())?);
        Ok(Box::new(kind.extractor()?))
    }

    /// Version of ONNX Runtime, which is loaded by this if it was not yet.
    pub fn onnxruntime_version(&self) -> Result<&str, OnnxRuntimeError> {
        self.onnxruntime.version()
    }

    /// Tells every run, now and later, that nobody waits for it any more. For the end of a shutdown.
    pub fn cancel_runs(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The counters that plugins keep.
    pub fn counters(&self) -> Vec<PluginCounter> {
        let libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        let of_library = |library: &&'static Library| {
            let library = *library;
            library.services.counters().into_iter().map(|(name, value)| PluginCounter {
                plugin: library.name.clone(),
                plugin_version: library.version.clone(),
                name,
                value,
            })
        };
        libraries.values().flat_map(of_library).collect()
    }

    fn extractor_of(&self, bundle: &Bundle, replaced: Arc<AtomicU64>) -> Result<ExtractorKind, HostError> {
        let Manifest { plugin, features, .. } = bundle.manifest();
        let kind = self.extractor_kind(&plugin.extractor, &configuration::of_extractor(bundle), replaced)?;
        let mismatch = Comparison { bundle, plugin: &plugin.extractor };
        mismatch.check("the fingerprint of its features", &features.fingerprint, &kind.fingerprint)?;
        mismatch.check("the number of values per frame", &(features.dim as usize), &kind.layout.dim)?;
        Ok(kind)
    }

    fn extractor_kind(
        &self,
        plugin: &str,
        configuration: &str,
        replaced: Arc<AtomicU64>,
    ) -> Result<ExtractorKind, HostError> {
        let (library, path) = self.library(plugin)?;
        let functions = library.extractor.ok_or_else(|| missing_kind(path, "extractor"))?;
        let handle = PluginHandle::create(library, configuration)?;
        Ok(ExtractorKind::new(handle, functions, replaced)?)
    }

    /// The bundle's classifier, where the settings want it.
    fn scorers_of(&self, bundle: &Bundle, replaced: &Arc<AtomicU64>) -> Result<Scorers, HostError> {
        let apart =
            self.apart.as_ref().map(|apart| apart.model(bundle, &self.config, (replaced, &self.cancelled)));
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
        let Manifest { plugin, graph, calibration, .. } = bundle.manifest();
        let (Some(stream), Some(configuration)) = (&graph.stream, configuration::of_stream(bundle)) else {
            return Ok(None);
        };
        let (library, path) = self.library(&plugin.classifier)?;
        let functions = library.stream.ok_or_else(|| missing_kind(path, "classifier that carries state"))?;
        let classifier = self.classifier_kind(bundle, &configuration, Arc::clone(replaced))?;
        let temperature = stream.temperature.unwrap_or(calibration.temperature);
        let kind = StreamKind::new(classifier, functions, (stream.step_frames as usize, temperature))?;
        let lengths =
            stream.states.iter().map(|state| state.shape.iter().map(|&length| length as usize).product());
        let mismatch = Comparison { bundle, plugin: &plugin.classifier };
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
        let Manifest { plugin, features, labels, limits, .. } = bundle.manifest();
        let (library, path) = self.library(&plugin.classifier)?;
        let functions = library.classifier.ok_or_else(|| missing_kind(path, "classifier"))?;
        let handle = PluginHandle::create(library, configuration)?;
        let cancelled = Arc::clone(&self.cancelled);
        let shared = Shared { limits: *limits, replaced, cancelled, run_limit: self.run_limit };
        let kind = ClassifierKind::new(handle, functions, shared)?;
        let mismatch = Comparison { bundle, plugin: &plugin.classifier };
        mismatch.check("the number of values per frame", &(features.dim as usize), &kind.rules.dim)?;
        mismatch.check("the number of labels", &labels.len(), &kind.label_count)?;
        Ok(kind)
    }

    /// The library of a plugin, loaded by the first call.
    fn library(&self, plugin: &str) -> Result<(&'static Library, PathBuf), HostError> {
        let in_folder = || self.config.plugins_dir.join(format!("libundertone_plugin_{plugin}.so"));
        let path = self.elsewhere.get(plugin).cloned().unwrap_or_else(in_folder);
        let real = path.canonicalize().map_err(|source| HostError::Missing {
            plugin: plugin.to_owned(),
            path,
            source,
        })?;
        let mut libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = libraries.get(&real) {
            return Ok((library, real));
        }
        let library = Library::load(&real, &self.onnxruntime)?;
        if library.name != plugin {
            let what = format!("it calls itself {:?}", library.name);
            return Err(HostError::Contract { path: real, what });
        }
        tracing::info!(plugin, version = library.version, path = %real.display(), "loaded a plugin library");
        libraries.insert(real.clone(), library);
        Ok((library, real))
    }
}

/// The contract that a bundle was made for is compared before its plugins are touched.
fn check_abi(bundle: &Bundle) -> Result<(), HostError> {
    let version = bundle.manifest().plugin.abi.split_once('.');
    let numbers = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor): (u32, u32) = numbers.expect("the version of an opened bundle was checked");
    if is_spoken(major, minor) {
        return Ok(());
    }
    Err(HostError::Version { what: format!("bundle {}", bundle.dir().display()), major, minor })
}

fn missing_kind(path: PathBuf, kind: &str) -> HostError {
    HostError::Contract { path, what: format!("it is asked to be a {kind} and has no such functions") }
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
