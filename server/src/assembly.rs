//! Puts models, engine and limits together: for the server, and for the command line in process.

use crate::observer::MeteredEngine;
use crate::recognition::Recognition;
use crate::resumption::{ResumeKey, Resumption};
use crate::settings::Settings;
use anyhow::Context;
use std::sync::Arc;
use undertone_core::{Model, Recorder, SystemClock};
use undertone_engine::{Engine, Observer};
use undertone_plugin_host::{HostConfig, PluginHost, Registry};
use undertone_telemetry::{Metrics, Traces};

/// The host that loads this installation's plugins and bundles.
pub fn plugin_host(settings: &Settings) -> PluginHost {
    PluginHost::new(HostConfig {
        plugins_dir: settings.plugins_dir.clone(),
        models_dir: settings.models.dir.clone(),
        onnxruntime: settings.onnxruntime.clone(),
    })
}

/// Loads every bundle and starts the workers. A bundle that is refused is logged and kept for `ListModels`.
pub fn assemble(
    settings: &Settings,
    metrics: Arc<Metrics>,
    recorder: Option<Arc<dyn Recorder>>,
) -> anyhow::Result<Recognition> {
    let report = plugin_host(settings).load_all();
    for refusal in &report.refused {
        tracing::error!(bundle = %refusal.path.display(), error = %refusal.error, "a bundle is refused");
    }
    let models: Vec<Arc<dyn Model>> =
        report.models.iter().map(|model| model.clone() as Arc<dyn Model>).collect();
    let observer: Arc<dyn Observer> = Arc::new(MeteredEngine(metrics.clone()));
    let engine =
        Engine::start(settings.engine.clone(), &models, &observer).context("workers cannot be started")?;
    let recognition = Recognition {
        resumption: resumption(settings, recorder.is_some())?,
        models: Registry::new(report.models),
        default_model: settings.models.default.clone(),
        refused: report.refused,
        engine,
        recorder,
        settings: settings.recognition.clone(),
        recording: settings.recording.clone(),
        max_message_bytes: settings.grpc.max_message_bytes,
        clock: Arc::new(SystemClock),
        metrics,
        traces: settings.tracing.as_ref().map_or_else(|| Ok(Traces::off()), Traces::export)?,
    };
    warn_without_default(&recognition);
    Ok(recognition)
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
