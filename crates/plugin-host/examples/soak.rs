//! `soak STAGE RUNS`: loads the bundles of a staged tree, makes instances, runs them, and gives all back, again and again until there
//! were so many runs. Watched from outside, for instance by valgrind.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::Path;
use undertone_core::{Advance, EndReason, Frames, Model};
use undertone_plugin_host::{HostConfig, PluginHost};

/// Runs between making instances and giving them back.
const RUNS: usize = 1_000;
/// A tenth of a second.
const PUSH_SAMPLES: usize = 1_600;
const PUSHES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [stage, runs] = arguments.as_slice() else { return Err("give STAGE RUNS".into()) };
    let (stage, runs) = (Path::new(stage), runs.parse::<usize>()?);
    let (plugins_dir, models_dir) = (stage.join("plugins"), stage.join("models"));
    let host = PluginHost::new(HostConfig { plugins_dir, models_dir, onnxruntime: None });
    let mut done = 0;
    while done < runs {
        let report = host.load_all();
        if let Some(refusal) = report.refused.first() {
            return Err(refusal.error.to_string().into());
        }
        for model in &report.models {
            done += run(model.as_ref())?;
        }
    }
    println!("{done} runs");
    // Its records of libraries live as long as the process, and are to be found until its end.
    std::mem::forget(host);
    Ok(())
}

/// Frames once, and both graphs over them; the number of runs.
fn run(model: &dyn Model) -> Result<usize, Box<dyn Error>> {
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
