//! Puts models, engine and limits together: for the server, and for the command line in process.

use crate::experiments::Experiments;
use crate::live::LiveStreams;
use crate::misnamed::warn_of_misnamed;
use crate::models::{Initial, Models, Record};
use crate::observer::{MeteredEngine, MeteredProcesses};
use crate::recognition::Recognition;
use crate::recording::RecordKeeper;
use crate::resumption::{ResumeKey, Resumption};
use crate::settings::Settings;
use anyhow::Context;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use undertone_core::SystemClock;
use undertone_engine::{Engine, Observer};
use undertone_plugin_host::isolation::ProcessObserver;
use undertone_plugin_host::{HostConfig, PluginHost};
use undertone_store::{ExperimentStore, Exposure};
use undertone_telemetry::{Metrics, Traces};

/// The host that loads this installation's plugins and bundles.
pub fn plugin_host(settings: &Settings) -> PluginHost {
    watched_plugin_host(settings, None)
}

fn watched_plugin_host(settings: &Settings, observer: Option<Arc<dyn ProcessObserver>>) -> PluginHost {
    let host = PluginHost::new(HostConfig {
        plugins_dir: settings.plugins_dir.clone(),
        models_dir: settings.models.dir.clone(),
        onnxruntime: settings.onnxruntime.clone(),
    });
    let host = host.with_substitutes(settings.classifiers.clone());
    host.with_isolation(settings.isolation.clone(), observer)
}

/// What is recorded, and where experiments are kept. The default keeps nothing.
#[derive(Default)]
pub struct Stores {
    /// Where answers are recorded.
    pub recorder: Option<Arc<RecordKeeper>>,
    /// Where experiments and feedback are kept.
    pub experiments: Option<Arc<ExperimentStore>>,
}

/// A recognition, with what its experiments want written.
pub struct Assembled {
    /// It.
    pub recognition: Recognition,
    /// Units that were shown an arm for the first time.
    pub exposures: Receiver<Exposure>,
}

/// Loads the bundles that are to be served and starts the workers. A bundle that is refused is logged and kept for
/// `ListModels`.
pub fn assemble(settings: &Settings, metrics: Arc<Metrics>, stores: Stores) -> anyhow::Result<Assembled> {
    let recorder = stores.recorder;
    let processes: Arc<dyn ProcessObserver> = Arc::new(MeteredProcesses(metrics.clone()));
    let has_data_dir = recorder.is_some();
    let record = if has_data_dir { Record::kept_in(&settings.data_dir) } else { Record::default() };
    let initial = Initial::load(&settings.models, watched_plugin_host(settings, Some(processes)), record);
    let observer: Arc<dyn Observer> = Arc::new(MeteredEngine(metrics.clone()));
    let engine = Engine::start(settings.engine.clone(), &initial.models(), &observer);
    let engine = Arc::new(engine.context("workers cannot be started")?);
    let clock = Arc::new(SystemClock);
    let (experiments, exposures) = Experiments::new(settings, stores.experiments, clock.clone());
    let recognition = Recognition {
        resumption: resumption(settings, has_data_dir)?,
        models: Models::new(initial, settings.models.clone(), engine.clone(), metrics.clone()),
        default_model: settings.models.default.clone(),
        engine,
        recorder,
        settings: settings.recognition.clone(),
        recording: settings.recording.clone(),
        max_message_bytes: settings.grpc.max_message_bytes,
        clock,
        metrics,
        live: LiveStreams::default(),
        traces: settings.tracing.as_ref().map_or_else(|| Ok(Traces::off()), Traces::export)?,
        experiments,
    };
    warn_without_default(&recognition);
    warn_of_misnamed(settings, &recognition.models);
    Ok(Assembled { recognition, exposures })
}

/// The key lies beside the journal, if there is one.
fn resumption(settings: &Settings, has_data_dir: bool) -> anyhow::Result<Resumption> {
    let key = match &settings.resume.key {
        Some(text) => ResumeKey::of_text(text),
        None if has_data_dir => ResumeKey::kept_in(&settings.data_dir)?,
        None => ResumeKey::random()?,
    };
    Ok(Resumption::new(key, settings.resume.within))
}

fn warn_without_default(recognition: &Recognition) {
    if let Err(sentence) = recognition.model("") {
        tracing::warn!(%sentence, "clients that name no model will be refused");
    }
}
