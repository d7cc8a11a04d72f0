//! The host of all plugins of a process.

use crate::bundle_plugins::{check_abi, missing_kind};
use crate::call::RUN_LIMIT;
use crate::configuration;
use crate::extractor_kind::ExtractorKind;
use crate::isolation::{Apart, IsolationConfig, ProcessObserver, Totals, Unobserved};
use crate::libraries::Libraries;
use crate::library::Library;
use crate::model::{LoadedModel, Plugins};
use crate::note::{self, FeatureNote};
use crate::onnxruntime::OnnxRuntime;
use crate::plugin::PluginHandle;
use crate::trial;
use crate::{HostError, OnnxRuntimeError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    libraries: Libraries,
    pub(crate) cancelled: Arc<AtomicBool>,
    /// Libraries that lie elsewhere than in the folder of plugins, by name.
    elsewhere: BTreeMap<String, PathBuf>,
    pub(crate) run_limit: Duration,
    /// Classifier plugins that take another one's place, by the name of a model or of the other plugin.
    pub(crate) substitutes: BTreeMap<String, String>,
    /// Which plugins run in processes of their own; none where nobody said so.
    pub(crate) apart: Option<Apart>,
    /// What plugins in processes of their own counted.
    totals: Arc<Totals>,
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
            libraries: Libraries::default(),
            cancelled: Arc::default(),
            elsewhere: BTreeMap::new(),
            run_limit: RUN_LIMIT,
            substitutes: BTreeMap::new(),
            apart: None,
            totals: Arc::default(),
        }
    }

    /// The same with plugins in processes of their own, as `config` says. `observer` is told of them.
    pub fn with_isolation(
        mut self,
        config: IsolationConfig,
        observer: Option<Arc<dyn ProcessObserver>>,
    ) -> Self {
        let observer = observer.unwrap_or_else(|| Arc::new(Unobserved));
        self.apart = Some(Apart { config, observer, totals: Arc::clone(&self.totals) });
        self
    }

    /// The same with classifier plugins that take the place of those that bundles name, by the name of a model or of the plugin
    /// that the bundle names; that of a model wins.
    pub fn with_substitutes(mut self, substitutes: BTreeMap<String, String>) -> Self {
        self.substitutes = substitutes;
        self
    }

    /// The same with libraries that are loaded as they lie there, and not copies of them: for a process that is to end when its
    /// library is changed, or that somebody watches who wants to read the file.
    pub fn with_libraries_in_place(mut self) -> Self {
        self.libraries = Libraries::in_place();
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

    /// Loads one bundle: verifies its files, then loads its plugins, then compares what they say with the manifest, and has them
    /// answer a made-up signal and the golden frames.
    pub fn load_model(&self, bundle_dir: &Path) -> Result<Arc<LoadedModel>, HostError> {
        self.load_bundle(Bundle::open(bundle_dir)?)
    }

    /// The same for a bundle that is open, which means that its files were verified.
    pub fn load_bundle(&self, bundle: Bundle) -> Result<Arc<LoadedModel>, HostError> {
        let card = bundle.read_card()?;
        check_abi(&bundle)?;
        self.check_note(&bundle)?;
        let replaced = Arc::new(AtomicU64::new(0));
        let plugins = Plugins {
            extractor: self.framer_of(&bundle, &replaced)?,
            scorers: self.scorers_of(&bundle, &replaced)?,
            replaced,
        };
        trial::pass(&bundle, &plugins)?;
        Ok(Arc::new(LoadedModel::new(bundle, card, plugins)))
    }

    /// An extractor of the plugin `plugin` with the JSON configuration `{"recipe": ...}`, outside any model.
    pub fn extractor(&self, plugin: &str, configuration: &str) -> Result<Box<dyn Extractor>, HostError> {
        let kind = Arc::new(self.extractor_kind(plugin, configuration, Arc::default())?);
        Ok(Box::new(kind.extractor()?))
    }

    /// Asks the extractor plugins of the bundles in `bundle_dirs` for the fingerprints of their frames, and writes them beside
    /// the libraries; gives the files written. A bundle that is made for other frames is then refused before the library is
    /// loaded.
    pub fn note_features(&self, bundle_dirs: &[PathBuf]) -> Result<Vec<PathBuf>, HostError> {
        let mut notes: BTreeMap<PathBuf, FeatureNote> = BTreeMap::new();
        for dir in bundle_dirs {
            let bundle = Bundle::open(dir)?;
            let Manifest { plugin, features, .. } = bundle.manifest();
            let kind = self.extractor_kind(
                &plugin.extractor,
                &configuration::of_extractor(&bundle),
                Arc::default(),
            )?;
            let (_, library) = self.library(&plugin.extractor)?;
            if !notes.contains_key(&library) {
                let note = FeatureNote::of(&plugin.extractor, &library);
                let note = note.map_err(|source| note::not_written(&library, source))?;
                notes.insert(library.clone(), note);
            }
            notes.entry(library).and_modify(|note| note.add(features, &kind.fingerprint));
        }
        let written = notes
            .iter()
            .map(|(library, note)| note.write(library).map_err(|source| note::not_written(library, source)));
        written.collect()
    }

    /// Version of ONNX Runtime, which is loaded by this if it was not yet.
    pub fn onnxruntime_version(&self) -> Result<&str, OnnxRuntimeError> {
        self.onnxruntime.version()
    }

    /// Tells every run, now and later, that nobody waits for it any more. For the end of a shutdown.
    pub fn cancel_runs(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The counters that plugins keep, here and in processes of their own, by plugin and name.
    pub fn counters(&self) -> Vec<PluginCounter> {
        let mut all = self.totals.all();
        for library in self.libraries.all() {
            let own = all.entry(library.name.clone()).or_default();
            for (name, value) in library.services.counters() {
                let total = own.entry(name).or_default();
                *total = total.saturating_add(value);
            }
        }
        let of_plugin = |(plugin, counters): (String, BTreeMap<String, u64>)| {
            counters.into_iter().map(move |(name, value)| PluginCounter {
                plugin: plugin.clone(),
                name,
                value,
            })
        };
        all.into_iter().flat_map(of_plugin).collect()
    }

    /// How often the counters changed that plugins keep here.
    pub(crate) fn counted(&self) -> u32 {
        self.libraries.all().iter().fold(0, |sum, library| sum.wrapping_add(library.services.counted()))
    }

    pub(crate) fn extractor_kind(
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

    /// Where the library of a plugin lies, absolute and without links.
    pub(crate) fn library_path(&self, plugin: &str) -> Result<PathBuf, HostError> {
        let in_folder = || self.config.plugins_dir.join(format!("libundertone_plugin_{plugin}.so"));
        let path = self.elsewhere.get(plugin).cloned().unwrap_or_else(in_folder);
        path.canonicalize().map_err(|source| HostError::Missing { plugin: plugin.to_owned(), path, source })
    }

    /// The library of a plugin that lies there now, loaded by the first call that finds it.
    pub(crate) fn library(&self, plugin: &str) -> Result<(&'static Library, PathBuf), HostError> {
        let real = self.library_path(plugin)?;
        let library = self.libraries.at(&real, plugin, &self.onnxruntime)?;
        if library.name != plugin {
            let what = format!("it calls itself {:?}", library.name);
            return Err(HostError::Contract { path: real, what });
        }
        Ok((library, real))
    }
}
