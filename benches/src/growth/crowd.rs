//! More and more streams on one server.

use crate::serving::{Generator, ServerProcess, ServerSettings};
use crate::{Options, Run};
use anyhow::{Context, Result};

/// How long each load is measured.
const DURATION: [&str; 2] = ["15s", "5s"];
const WARM_UP: &str = "3s";
/// The server has the first core to itself, everything else the second one.
const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// Streams are refused only when they would take all of a core, and no update is left out: both would make a large load look
/// cheaper. A load that does not fit has no figures.
const ONE_WORKER: [&str; 3] = ["engine.workers=1", "engine.admit_below=1.0", "engine.thin_after=60s"];

/// Streams, and the names of the figures: cost, p50, p99.
type Load = (u32, [&'static str; 3]);

const LOADS: [(&str, [Load; 5]); 2] = [
    (
        "cnn",
        [
            (25, ["cnn_ms_per_second_at_25", "cnn_p50_ms_at_25", "cnn_p99_ms_at_25"]),
            (50, ["cnn_ms_per_second_at_50", "cnn_p50_ms_at_50", "cnn_p99_ms_at_50"]),
            (100, ["cnn_ms_per_second_at_100", "cnn_p50_ms_at_100", "cnn_p99_ms_at_100"]),
            (200, ["cnn_ms_per_second_at_200", "cnn_p50_ms_at_200", "cnn_p99_ms_at_200"]),
            (400, ["cnn_ms_per_second_at_400", "cnn_p50_ms_at_400", "cnn_p99_ms_at_400"]),
        ],
    ),
    (
        "lstm",
        [
            (25, ["lstm_ms_per_second_at_25", "lstm_p50_ms_at_25", "lstm_p99_ms_at_25"]),
            (50, ["lstm_ms_per_second_at_50", "lstm_p50_ms_at_50", "lstm_p99_ms_at_50"]),
            (100, ["lstm_ms_per_second_at_100", "lstm_p50_ms_at_100", "lstm_p99_ms_at_100"]),
            (200, ["lstm_ms_per_second_at_200", "lstm_p50_ms_at_200", "lstm_p99_ms_at_200"]),
            (400, ["lstm_ms_per_second_at_400", "lstm_p50_ms_at_400", "lstm_p99_ms_at_400"]),
        ],
    ),
];

/// What a load cost and how long its updates took.
pub(super) struct Cost {
    pub(super) ms_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

pub(super) fn measure(options: &Options, figures: &mut Run) -> Result<()> {
    for (model, loads) in LOADS {
        let server = start(options)?;
        for (streams, names) in loads {
            let Some(cost) = put(options, &server, model, streams)? else { break };
            figures.extend(names.into_iter().zip([cost.ms_per_second, cost.p50_ms, cost.p99_ms]));
        }
    }
    Ok(())
}

/// A server on a core of its own.
pub(super) fn start(options: &Options) -> Result<ServerProcess> {
    ServerProcess::start(options, ServerSettings { core: Some(SERVER_CORE), set: &ONE_WORKER })
}

/// Puts so many streams of `model` on the server; `None` when it does not take them all.
pub(super) fn put(
    options: &Options,
    server: &ServerProcess,
    model: &str,
    streams: u32,
) -> Result<Option<Cost>> {
    let (streams, duration) = (streams.to_string(), DURATION[usize::from(options.quick)]);
    let arguments = ["--streams", &streams, "--duration", duration, "--warm-up", WARM_UP];
    let before = server.usage().cpu_seconds()?;
    let generator = Generator { model, core: Some(GENERATOR_CORE), arguments: &arguments };
    let report = generator.run(options, server.url())?;
    let used = server.usage().cpu_seconds()? - before;
    let load = &report["loads"][0];
    if load["streams_ended"].as_f64() != streams.parse().ok() {
        return Ok(None);
    }
    let figure = |value: &serde_json::Value, name: &str| {
        value[name].as_f64().with_context(|| format!("the load tells no {name}"))
    };
    let latency = &load["update_latency_ms"];
    Ok(Some(Cost {
        ms_per_second: used * 1e3 / figure(load, "audio_seconds_heard")?,
        p50_ms: figure(latency, "p50")?,
        p99_ms: figure(latency, "p99")?,
    }))
}
