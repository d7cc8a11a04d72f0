//! The work itself, which runs in the process that is watched.

use anyhow::bail;
use std::path::Path;
use std::sync::OnceLock;
use undertone_core::{Advance, EndReason, Frames, Model};
use undertone_plugin_host::{HostConfig, PluginHost};

/// Half a second of speech in pieces of a tenth.
const PUSH_SAMPLES: usize = 1_600;
const PUSHES: usize = 5;
/// Instances of classifiers that one engine makes in a round, for both graphs of two bundles and the only one of two others, each
/// loaded twice.
pub(super) const INSTANCES: usize = 12;
/// A stream goes through the extractor for so many runs of the classifier.
const RUNS_PER_STREAM: usize = 10;
/// What runs graphs; each gets every bundle that names the first one.
pub const ENGINES: [&str; 2] = ["onnx", "tract"];

/// A host for each engine. They live as long as the process, as do their records of libraries, and are to be found until its end.
static HOSTS: OnceLock<Vec<PluginHost>> = OnceLock::new();

/// Loads the bundles in `dir` again and again, each `rounds` times on each of `engines`, makes instances, runs each `runs` times,
/// and gives all back; the number of runs.
///
/// # Errors
/// When a bundle is refused, or a run fails.
pub fn soak(
    stage: &Path,
    dir: &Path,
    engines: &[&str],
    (rounds, runs): (usize, usize),
) -> anyhow::Result<usize> {
    let host = |engine: &&str| {
        let config = HostConfig {
            plugins_dir: dir.join("plugins"),
            models_dir: dir.join("models"),
            onnxruntime: Some(stage.join("lib/libonnxruntime.so")),
        };
        let host =
            PluginHost::new(config).with_substitutes([(ENGINES[0].to_owned(), (*engine).to_owned())].into());
        // Valgrind names what it finds by the files that were loaded.
        host.with_libraries_in_place()
    };
    let hosts = HOSTS.get_or_init(|| engines.iter().map(host).collect());
    let mut done = 0;
    for _ in 0..rounds {
        for host in hosts {
            done += load_and_run(host, runs)?;
        }
    }
    Ok(done)
}

/// Every bundle, each version taking the place of the one before; the number of runs.
fn load_and_run(host: &PluginHost, runs: usize) -> anyhow::Result<usize> {
    let report = host.load_all();
    if let Some(refusal) = report.refused.first() {
        bail!("{}", refusal.error);
    }
    let mut done = 0;
    for model in &report.models {
        // Another one of the same, while this one still has its instances: as in a swap.
        let next = host.load_model(model.dir())?;
        done += run(model.as_ref(), runs)? + run(next.as_ref(), runs)?;
    }
    Ok(done)
}

/// Some streams, and both graphs over the frames of the last one; the number of runs of graphs.
fn run(model: &dyn Model, runs: usize) -> anyhow::Result<usize> {
    let mut extractor = model.new_extractor()?;
    let mut frames = Frames::new(model.layout().dim);
    for _ in 0..runs.div_ceil(RUNS_PER_STREAM) {
        frames.clear();
        for push in 0..PUSHES {
            let samples: Vec<f32> =
                (0..PUSH_SAMPLES).map(|at| (((at + push) * at) as f32).sin() * 0.1).collect();
            extractor.push(&samples, &mut frames)?;
        }
        extractor.finish(&mut frames)?;
        extractor.reset(EndReason::Finished)?;
    }
    let mut classifier = model.new_classifier()?;
    let mut logits = Vec::new();
    for _ in 0..runs {
        logits.clear();
        classifier.classify(&[frames.view(0..frames.len())], &mut logits)?;
        logits.drain(..).collect::<Result<Vec<_>, _>>()?;
    }
    let Some(streaming) = model.streaming() else { return Ok(runs) };
    let mut classifier = model.new_stream_classifier()?;
    let mut state = vec![0.0; streaming.state_values];
    for _ in 0..runs {
        let frames = frames.view(0..streaming.step_frames);
        classifier.advance(&mut [Advance { frames, state: &mut state }], &mut logits)?;
        logits.drain(..).collect::<Result<Vec<_>, _>>()?;
    }
    Ok(2 * runs)
}
