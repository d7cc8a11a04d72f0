//! What serving costs: audio through real gRPC streams against the bare work.

use crate::bare::BareWork;
use crate::serving::{Generator, MODELS, ServerProcess, ServerSettings};
use crate::{Aim, Options, Report, Run};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const RUNS: usize = 5;
const STREAMS: &str = "16";
/// Audio per stream.
const DURATION: [&str; 2] = ["120s", "30s"];
const WORK: &str = "both sides: log-mel frames of all audio, an update every 0.5 s of speech and a final result per \
                    utterance; the server besides: gRPC, decoding of 16-bit samples, finding speech, calibration, \
                    the journal";

/// The names of a model's figures.
struct Names {
    ratio: &'static str,
    with_segmenter: &'static str,
    served: &'static str,
    bare: &'static str,
    costs: [&'static str; 2],
    answers: [&'static str; 2],
}

const NAMES: [Names; 2] = [
    Names {
        ratio: "cnn_ratio",
        with_segmenter: "cnn_ratio_with_segmenter",
        served: "cnn_served_seconds_per_cpu_second",
        bare: "cnn_bare_seconds_per_cpu_second",
        costs: ["cnn_bare_ms_per_second", "cnn_segmenter_ms_per_second"],
        answers: ["cnn_served_answers_per_second", "cnn_bare_answers_per_second"],
    },
    Names {
        ratio: "lstm_ratio",
        with_segmenter: "lstm_ratio_with_segmenter",
        served: "lstm_served_seconds_per_cpu_second",
        bare: "lstm_bare_seconds_per_cpu_second",
        costs: ["lstm_bare_ms_per_second", "lstm_segmenter_ms_per_second"],
        answers: ["lstm_served_answers_per_second", "lstm_bare_answers_per_second"],
    },
];

/// Seconds of audio per second of the server's processor time, through many streams as fast as they are accepted, divided
/// by the same of the bare work at its best batch size (`ratio`, that of the model which does worse in the run). The
/// clients are a process of their own and do not count. `*_with_segmenter` count finding speech as bare work too.
pub fn measure_tax(options: &Options) -> Result<Report> {
    let server = ServerProcess::start(options, ServerSettings::default())?;
    let mut works = MODELS
        .iter()
        .map(|model| BareWork::new(options, &server, model))
        .collect::<Result<Vec<BareWork>>>()?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut figures = Run::new();
        for ((names, work), model) in NAMES.iter().zip(&mut works).zip(MODELS) {
            figures.extend(compare(names, work, &serve(options, &server, model)?)?);
        }
        figures.insert("ratio", figures[NAMES[0].ratio].min(figures[NAMES[1].ratio]));
        runs.push(figures);
    }
    let models: Vec<String> = works
        .iter()
        .map(|work| format!("{}, best with {} streams side by side", work.model(), work.lanes()))
        .collect();
    let report = Report::new("tax", [("ratio", Aim::AtLeast(0.8))], runs);
    Ok(report.about("models", models.join("; ")).about("work", WORK))
}

/// What a load through gRPC showed.
struct Served {
    audio_seconds: f64,
    cpu_seconds: f64,
    answers: f64,
}

fn serve(options: &Options, server: &ServerProcess, model: &str) -> Result<Served> {
    let duration = DURATION[usize::from(options.quick)];
    let arguments = ["--as-fast-as-accepted", "--streams", STREAMS, "--duration", duration];
    let before = server.usage().cpu_seconds()?;
    let report = Generator { model, core: None, arguments: &arguments }.run(options, server.url())?;
    let cpu_seconds = server.usage().cpu_seconds()? - before;
    let load = &report["loads"][0];
    let figure = |name: &str| load[name].as_f64().with_context(|| format!("the load tells no {name}"));
    ensure!(load["streams_ended"].as_f64() == STREAMS.parse().ok(), "streams were lost: {}", lost(load));
    let answers = figure("updates")? + figure("updates_dropped")? + figure("finals")?;
    Ok(Served { audio_seconds: figure("audio_seconds_heard")?, cpu_seconds, answers })
}

fn compare(names: &Names, work: &mut BareWork, served: &Served) -> Result<Run> {
    let cost = work.cost()?;
    let per_cpu_second = served.audio_seconds / served.cpu_seconds;
    let mut figures = cost.figures(names.costs);
    figures.extend([
        (names.ratio, per_cpu_second * cost.work),
        (names.with_segmenter, per_cpu_second * (cost.work + cost.segmenter)),
        (names.served, per_cpu_second),
        (names.bare, 1.0 / cost.work),
        (names.answers[0], served.answers / served.audio_seconds),
        (names.answers[1], work.answers_per_second()),
    ]);
    Ok(figures)
}

fn lost(load: &Value) -> String {
    format!("{} refused, failed: {}", load["streams_refused"], load["failures"])
}
