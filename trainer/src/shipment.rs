//! From a measured network to a bundle.

use crate::evaluation::Report;
use crate::job::Trained;
use crate::{Architecture, DataSheet, MIN_FRAMES, TrainError, card};
use std::path::Path;
use undertone_bundle::{
    Bundle, Calibration, Dim, Features, Graph, Graphs, Limits, Manifest, Plugin, SCHEMA, Tensor, Training,
};

const GRAPH_FILE: &str = "whole.onnx";
const CARD_FILE: &str = "card.md";
const METRICS_FILE: &str = "metrics.json";
/// 5 minutes of frames every 10 ms, the longest utterance a stream may ask for.
const MAX_FRAMES: u32 = 30_000;
/// The plugin contract that these bundles are made for.
const PLUGIN_ABI: &str = "1.0";
/// How speakers are split, in words.
pub(crate) const PROTOCOL: &str = "speaker-independent: no clip of a validation or test speaker is learnt \
                                   from; the temperature comes from the validation clips; the parameters \
                                   are those behind the last epoch, none are chosen; test clips are used \
                                   for the figures only";

/// Writes manifest, graph, card and metrics to `dir`, whose last two parts are the model's name and version.
pub(crate) fn write(
    dir: &Path,
    trained: &Trained,
    report: &Report,
    sheet: &DataSheet,
) -> Result<(), TrainError> {
    let part = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let (name, version) = (part(dir.parent()), part(Some(dir)));
    let graph = trained.run.averaged().to_onnx();
    let card = card::card(&name, &version, report, sheet);
    let metrics = report.to_json();
    let files: [(&str, &[u8]); 3] =
        [(GRAPH_FILE, &graph), (CARD_FILE, card.as_bytes()), (METRICS_FILE, metrics.as_bytes())];
    Bundle::write(dir, manifest((name, version), trained, report, sheet)?, &files)?;
    Ok(())
}

fn manifest(
    (name, version): (String, String),
    trained: &Trained,
    report: &Report,
    sheet: &DataSheet,
) -> Result<Manifest, TrainError> {
    let interface = trained.run.averaged().interface();
    let (dim, labels) = (as_u32(interface.dim), as_u32(interface.labels));
    let recipe = &trained.material.recipe;
    Ok(Manifest {
        schema: SCHEMA,
        name,
        version,
        description: description(&report.architecture),
        licence: sheet.licence.clone(),
        labels: report.labels.clone(),
        plugin: Plugin { classifier: "onnx".into(), extractor: "logmel".into(), abi: PLUGIN_ABI.into() },
        features: Features::from_recipe_json(recipe.fingerprint(), dim, &recipe.to_json())?,
        graph: Graphs {
            whole: Graph {
                file: GRAPH_FILE.into(),
                input: tensor("frames", &["batch", "time"], dim),
                output: tensor("logits", &["batch"], labels),
            },
            stream: None,
        },
        calibration: Calibration { temperature: report.temperature },
        limits: Limits { min_frames: as_u32(MIN_FRAMES), max_frames: MAX_FRAMES },
        training: training(report, sheet),
        files: Default::default(),
    })
}

fn training(report: &Report, sheet: &DataSheet) -> Training {
    Training {
        dataset: sheet.dataset.clone(),
        protocol: PROTOCOL.into(),
        seed: report.seed,
        train_speakers: report.training_speakers.clone(),
        validation_speakers: report.validation_speakers.clone(),
        test_speakers: report.test_speakers.clone(),
        clips: as_u32(report.training_clips),
        accuracy: rounded(report.test.accuracy),
        uar: rounded(report.test.uar),
        epochs: as_u32(report.epochs),
    }
}

/// To four decimals, more than so few clips can tell.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

fn description(architecture: &Architecture) -> String {
    let kind = match architecture {
        Architecture::Cnn(_) => "Residual CNN",
        Architecture::Lstm(_) => "Convolutional bidirectional LSTM",
    };
    format!("{kind} with attentive pooling: eight acted emotions in English speech, from log-mel frames")
}

fn tensor(name: &str, free: &[&str], last: u32) -> Tensor {
    let mut dims: Vec<Dim> = free.iter().map(|dim| Dim::Named((*dim).into())).collect();
    dims.push(Dim::Fixed(last));
    Tensor { name: name.into(), dims }
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
