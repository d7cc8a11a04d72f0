//! Plugins that are loaded, run, swapped and given back again and again, watched from outside, for instance by valgrind.
//!
//! `soak prepare STAGE DIR` lays out small bundles, with weights that nobody trained, and the plugins that run them.
//! `soak run STAGE DIR RUNS` loads each of them, makes instances, runs them, and gives all back, until there were so many runs.
#![forbid(unsafe_code)]

use anyhow::{Context, bail};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::OnceLock;
use undertone_core::{Advance, EndReason, Frames, Model};
use undertone_features::Recipe;
use undertone_plugin_host::{HostConfig, PluginHost};
use undertone_tests::{copy_tree, repository};
use undertone_trainer::{
    Architecture, Body, CnnShape, Context as Hears, Ensemble, Interface, LstmShape, Network, Normalisation,
    Untrained,
};

/// Runs between making instances and giving them back.
const RUNS: usize = 250;
/// Half a second of speech in pieces of a tenth.
const PUSH_SAMPLES: usize = 1_600;
const PUSHES: usize = 5;
const INTERFACE: Interface = Interface { dim: 64, labels: 8 };
const SEED: u64 = 7;
/// What runs graphs; each gets every bundle that names the first one.
const ENGINES: [&str; 2] = ["onnx", "tract"];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["prepare", stage, dir] => prepare(Path::new(stage), Path::new(dir)),
        ["run", stage, dir, runs] => soak(Path::new(stage), Path::new(dir), runs.parse()?),
        _ => bail!("give prepare STAGE DIR, or run STAGE DIR RUNS"),
    }
}

fn prepare(stage: &Path, dir: &Path) -> anyhow::Result<()> {
    let (plugins, models) = (dir.join("plugins"), dir.join("models"));
    std::fs::create_dir_all(&plugins)?;
    for folder in ["plugins", "examples"] {
        for library in std::fs::read_dir(stage.join(folder))? {
            let library = library?;
            symlink(library.path(), plugins.join(library.file_name()))?;
        }
    }
    copy_tree(&repository().join("examples/linear/bundle"), &models.join("linear/1.0.0"))?;
    let cnn = Body::Cnn(CnnShape { channels: [2, 2, 4, 4], attention: 4 });
    let lstm = Body::Lstm(LstmShape { channels: [2, 2, 4], projection: 8, hidden: 8, attention: 4 });
    let features = &Recipe::named("logmel64").context("it is one of the named recipes")?;
    for (name, body) in [("cnn", cnn), ("lstm", lstm)] {
        let normalisation = Normalisation::Running { prior_frames: 50.0 };
        let network = |context| {
            let mut network =
                Network::new(Architecture { context, normalisation, body: body.clone() }, INTERFACE, SEED);
            network.set_input_scale(&[-9.0; 64], &[3.0; 64]);
            network
        };
        let (whole, stream) = (Ensemble::from(network(Hears::Full)), network(Hears::Causal));
        let untrained = Untrained { name, version: "1.0.0", features, whole: &whole, stream: Some(&stream) };
        untrained.write(&models.join(name).join("1.0.0"))?;
    }
    Ok(())
}

/// A host for each engine. They live as long as the process, as do their records of libraries, and are to be found until its end.
static HOSTS: OnceLock<[PluginHost; 2]> = OnceLock::new();

fn soak(stage: &Path, dir: &Path, runs: usize) -> anyhow::Result<()> {
    let host = |engine: &str| {
        let config = HostConfig {
            plugins_dir: dir.join("plugins"),
            models_dir: dir.join("models"),
            onnxruntime: Some(stage.join("lib/libonnxruntime.so")),
        };
        PluginHost::new(config).with_substitutes([(ENGINES[0].to_owned(), engine.to_owned())].into())
    };
    let hosts = HOSTS.get_or_init(|| ENGINES.map(host));
    let mut done = 0;
    while done < runs {
        for host in hosts {
            done += load_and_run(host)?;
        }
    }
    println!("{done} runs");
    Ok(())
}

/// Every bundle, each version taking the place of the one before; the number of runs.
fn load_and_run(host: &PluginHost) -> anyhow::Result<usize> {
    let report = host.load_all();
    if let Some(refusal) = report.refused.first() {
        bail!("{}", refusal.error);
    }
    let mut done = 0;
    for model in &report.models {
        // Another one of the same, while this one still has its instances: as in a swap.
        let next = host.load_model(model.dir())?;
        done += run(model.as_ref())? + run(next.as_ref())?;
    }
    Ok(done)
}

/// Frames once, and both graphs over them; the number of runs.
fn run(model: &dyn Model) -> anyhow::Result<usize> {
    let mut extractor = model.new_extractor()?;
    let mut frames = Frames::new(model.layout().dim);
    for push in 0..PUSHES {
        let samples: Vec<f32> = (0..PUSH_SAMPLES).map(|at| (((at + push) * at) as f32).sin() * 0.1).collect();
        extractor.push(&samples, &mut frames)?;
    }
    extractor.finish(&mut frames)?;
    extractor.reset(EndReason::Finished)?;
    let mut classifier = model.new_classifier()?;
    let mut logits = Vec::new();
    for _ in 0..RUNS {
        logits.clear();
        classifier.classify(&[frames.view(0..frames.len())], &mut logits)?;
        logits.drain(..).collect::<Result<Vec<_>, _>>()?;
    }
    let Some(streaming) = model.streaming() else { return Ok(RUNS) };
    let mut classifier = model.new_stream_classifier()?;
    let mut state = vec![0.0; streaming.state_values];
    for _ in 0..RUNS {
        let frames = frames.view(0..streaming.step_frames);
        classifier.advance(&mut [Advance { frames, state: &mut state }], &mut logits)?;
        logits.drain(..).collect::<Result<Vec<_>, _>>()?;
    }
    Ok(2 * RUNS)
}
