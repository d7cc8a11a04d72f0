//! Streams that one core carries in real time, against what the bare work would allow.

use crate::bare::BareWork;
use crate::serving::{Generator, MODELS, ServerProcess, ServerSettings};
use crate::{Aim, Options, Report, Run};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::thread;

const RUNS: usize = 5;
/// How long each load is measured.
const DURATION: [&str; 2] = ["15s", "5s"];
/// Long enough for all streams to be opened and what waited meanwhile to be answered.
const WARM_UP: &str = "5s";
const BOUND: &str = "50ms";
/// The server has the first core to itself, everything else the second one.
const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// Nothing is refused for its cost and no update is left out to catch up: the latency of updates alone says what is too much.
const ONE_WORKER: [&str; 3] = ["engine.workers=1", "engine.admit_below=1.0", "engine.thin_after=60s"];
const WORK: &str = "real-time streams of 100 ms messages, update every 0.5 s of speech, final results in the journal; \
                    99 of 100 updates within 50 ms of the arrival of the last sample that they need, nothing refused, \
                    dropped or lost";

/// The names of a model's figures.
struct Names {
    ratio: &'static str,
    streams: &'static str,
    allowed: &'static str,
    costs: [&'static str; 2],
    p99: &'static str,
    server_p99: [(&'static str, &'static str); 3],
    updates: &'static str,
    held_up: &'static str,
}

const NAMES: [Names; 2] = [
    Names {
        ratio: "cnn_ratio",
        streams: "cnn_streams_per_core",
        allowed: "cnn_bare_streams_per_core",
        costs: ["cnn_bare_ms_per_second", "cnn_segmenter_ms_per_second"],
        p99: "cnn_p99_ms",
        server_p99: [
            ("queue", "cnn_queue_p99_ms"),
            ("features", "cnn_features_p99_ms"),
            ("inference", "cnn_inference_p99_ms"),
        ],
        updates: "cnn_updates_per_stream_second",
        held_up: "cnn_messages_held_up_share",
    },
    Names {
        ratio: "lstm_ratio",
        streams: "lstm_streams_per_core",
        allowed: "lstm_bare_streams_per_core",
        costs: ["lstm_bare_ms_per_second", "lstm_segmenter_ms_per_second"],
        p99: "lstm_p99_ms",
        server_p99: [
            ("queue", "lstm_queue_p99_ms"),
            ("features", "lstm_features_p99_ms"),
            ("inference", "lstm_inference_p99_ms"),
        ],
        updates: "lstm_updates_per_stream_second",
        held_up: "lstm_messages_held_up_share",
    },
];

/// The most real-time streams that a server on one core carries within the bound (`*_streams_per_core`), divided by how
/// many the bare work would allow there (`ratio`, that of the model which does worse in the run).
pub fn measure_streams(options: &Options) -> Result<Report> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    ensure!(
        cores > GENERATOR_CORE,
        "streams needs two cores: one for the server, one for the load generator"
    );
    let mut works = {
        let server = ServerProcess::start(options, ServerSettings::default())?;
        let work = |model: &&str| BareWork::new(options, &server, model);
        MODELS.iter().map(work).collect::<Result<Vec<BareWork>>>()?
    };
    let mut runs: Vec<Run> = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut figures = Run::new();
        for ((names, work), model) in NAMES.iter().zip(&mut works).zip(MODELS) {
            let cost = work.cost()?;
            let allowed = 1.0 / cost.work;
            // Where the last run ended, or half of what cannot be reached: a search is short where it begins well.
            let from = runs.last().map_or(allowed / 2.0, |run| run[names.streams]);
            let report = search(options, model, from)?;
            let streams =
                report["largest_streams"].as_f64().context("not one stream kept within the bound")?;
            figures.extend(cost.figures(names.costs));
            figures.extend([
                (names.allowed, allowed),
                (names.streams, streams),
                (names.ratio, streams / allowed),
            ]);
            figures.extend(details(names, &report, streams)?);
        }
        figures.insert("ratio", figures[NAMES[0].ratio].min(figures[NAMES[1].ratio]));
        runs.push(figures);
    }
    let models: Vec<String> = works.iter().map(BareWork::model).collect();
    let aims = [("ratio", 0.7), ("cnn_streams_per_core", 300.0), ("lstm_streams_per_core", 600.0)];
    let report = Report::new("streams", aims.map(|(name, least)| (name, Aim::AtLeast(least))), runs);
    Ok(report.about("models", models.join("; ")).about("work", WORK))
}

/// A search on a fresh server, which has nothing left over from another one.
fn search(options: &Options, model: &str, from: f64) -> Result<Value> {
    let settings = ServerSettings { core: Some(SERVER_CORE), set: &ONE_WORKER };
    let server = ServerProcess::start(options, settings)?;
    let from = format!("{}", from.max(1.0) as u64);
    let duration = DURATION[usize::from(options.quick)];
    let arguments =
        ["--search", "--streams", &from, "--duration", duration, "--warm-up", WARM_UP, "--p99-below", BOUND];
    Generator { model, core: Some(GENERATOR_CORE), arguments: &arguments }.run(options, server.url())
}

/// What the largest load within the bound looked like.
fn details(names: &Names, report: &Value, streams: f64) -> Result<Run> {
    let loads = report["loads"].as_array().context("the report holds loads")?;
    let load =
        loads.iter().find(|load| load["streams"].as_f64() == Some(streams)).context("the load is there")?;
    let figure = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let mut details = Run::from([
        (names.p99, figure(&load["update_latency_ms"]["p99"])),
        (names.updates, figure(&load["updates"]) / figure(&load["audio_seconds_sent"])),
        (names.held_up, figure(&load["messages_held_up"]) / figure(&load["messages_sent"])),
    ]);
    details.extend(names.server_p99.map(|(stage, name)| (name, figure(&load["server_ms"][stage]["p99"]))));
    Ok(details)
}
