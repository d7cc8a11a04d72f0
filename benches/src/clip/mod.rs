//! What a clip of speech costs, as a server computes it: features, and ONNX Runtime on one thread.

mod clock;

use crate::serving::MODELS;
use crate::{Options, Report, Run};
use anyhow::{Context, Result};
use clock::Clock;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Model;
use undertone_trainer::Timing;

const RUNS: usize = 21;
/// Where weights in 8 bits lie beside the releases of a model.
const IN_8_BITS: &str = "int8";

/// The figures of a model: final results and interim updates, of the release and with weights in 8 bits.
const FIGURES: [[[&str; 2]; 2]; 2] = [
    [["cnn_final_ms", "cnn_interim_ms"], ["cnn_int8_final_ms", "cnn_int8_interim_ms"]],
    [["lstm_final_ms", "lstm_interim_ms"], ["lstm_int8_final_ms", "lstm_int8_interim_ms"]],
];

/// Milliseconds of one thread for 3 s of speech: a final result of all of it, and all interim updates on the way. Where
/// `evidence` names the folder of models, every model's times are put beside its evidence there, for its report.
pub fn measure_clip(options: &Options, evidence: Option<&Path>) -> Result<Report> {
    let mut clocks = Vec::new();
    let host = options.host();
    for (name, figures) in MODELS.into_iter().zip(FIGURES) {
        let folder = options.models_dir.join(name);
        for (folder, figures) in [folder.clone(), folder.join(IN_8_BITS)].iter().zip(figures) {
            if let Some(bundle) = newest_bundle(folder)? {
                clocks.push((figures, Clock::new(host.load_model(&bundle)?)?));
            }
        }
    }
    let mut runs = Vec::with_capacity(RUNS);
    // The first run only warms caches up.
    for run in 0..=RUNS {
        let mut figures = Run::new();
        for ([whole, stream], clock) in &mut clocks {
            figures.insert(whole, clock.final_result()?);
            if let Some(milliseconds) = clock.interim_updates()? {
                figures.insert(stream, milliseconds);
            }
        }
        if run > 0 {
            runs.push(figures);
        }
    }
    let names: Vec<String> = clocks.iter().map(|(_, clock)| clock.model().reference().to_string()).collect();
    let runtime = host.onnxruntime_version()?;
    let report =
        Report::new("clip", [], runs).about("models", names.join("; ")).about("ONNX Runtime", runtime);
    if let Some(folder) = evidence {
        keep(&report, folder, runtime)?;
    }
    Ok(report)
}

/// The bundle that was released last of those in `folder`, which may be missing.
fn newest_bundle(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut newest = None;
    for entry in entries {
        let path = entry?.path();
        let version = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        newest = newest.max(version.map(|version: semver::Version| (version, path)));
    }
    Ok(newest.map(|(_, path)| path))
}

/// Puts every model's times beside its evidence below `folder`.
fn keep(report: &Report, folder: &Path, runtime: &str) -> Result<()> {
    for (name, figures) in MODELS.into_iter().zip(FIGURES) {
        let graphs = Timing::GRAPHS.map(str::to_owned);
        let in_8_bits = Timing::GRAPHS.map(Timing::in_8_bits);
        let named = [graphs, in_8_bits].into_iter().flatten().zip(figures.into_iter().flatten());
        let known = named.filter_map(|(graph, figure)| Some((graph, rounded(*report.baseline.get(figure)?))));
        let how = format!(
            "Time for {} s of speech on one thread of {}, features included, by the plugins that a server loads, with ONNX \
             Runtime {runtime}: the median of {RUNS} runs. Interim updates are all of those on the way, {} s apart.",
            clock::SECONDS,
            report.machine.processor,
            clock::HOP_SECONDS,
        );
        let timing = Timing { how, milliseconds: known.collect() };
        timing.write(&folder.join(name).join("evaluation"))?;
    }
    Ok(())
}

/// To hundredths, since no run tells more.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}
