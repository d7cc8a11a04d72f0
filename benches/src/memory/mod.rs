//! Memory of a server per open stream.

mod idle;

use crate::serving::{Generator, MODELS, ServerProcess, ServerSettings, Usage};
use crate::{Aim, Options, Report, Run};
use anyhow::{Result, ensure};
use idle::IdleStreams;
use std::thread;
use std::time::Duration;

const RUNS: usize = 5;
const IDLE_STREAMS: [usize; 2] = [10_000, 2_000];
const ACTIVE_STREAMS: [&str; 2] = ["200", "100"];
const ACTIVE_SECONDS: [&str; 2] = ["10s", "5s"];
/// 10,000 idle streams in 1 GiB.
const AIM_BYTES: f64 = 107_374.0;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Memory has settled when it grew by less than this share between two looks.
const SETTLED: f64 = 1e-3;
const KEEP_IDLE: [&str; 1] = ["recognition.idle_timeout=30m"];
const WORK: &str = "resident memory of the server's process above that of the same process before the streams came; idle: \
                    a second of silence was heard, 100 streams share a connection; active: real-time streams with \
                    updates, the largest of the memory seen";

/// Bytes of resident memory per idle stream and per active stream.
pub fn measure_memory(options: &Options) -> Result<Report> {
    // On threads of its own, the connections live on while memory is looked at.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let idle_streams = IDLE_STREAMS[usize::from(options.quick)];
    let mut runs = Vec::with_capacity(RUNS);
    let mut model = String::new();
    for _ in 0..RUNS {
        let mut figures = Run::new();
        let server = ServerProcess::start(options, ServerSettings { core: None, set: &KEEP_IDLE })?;
        let empty = settled(server.usage())?;
        let open = runtime.block_on(IdleStreams::open(server.url(), MODELS[0], idle_streams))?;
        let full = settled(server.usage())?;
        model = open.model().to_owned();
        drop(open);
        figures.insert("idle_stream_bytes", (full - empty) / idle_streams as f64);
        figures.insert("resident_mib_empty", mebibytes(empty));
        figures.insert("resident_mib_with_idle_streams", mebibytes(full));
        figures.insert("idle_streams", idle_streams as f64);
        figures.extend(active(options)?);
        runs.push(figures);
    }
    let report = Report::new("memory", [("idle_stream_bytes", Aim::AtMost(AIM_BYTES))], runs);
    let report = report.with_headline("active_stream_bytes").about("models", model);
    Ok(report.about("work", WORK))
}

fn active(options: &Options) -> Result<Run> {
    let (streams, duration) =
        (ACTIVE_STREAMS[usize::from(options.quick)], ACTIVE_SECONDS[usize::from(options.quick)]);
    let server = ServerProcess::start(options, ServerSettings::default())?;
    let empty = settled(server.usage())?;
    let arguments = ["--streams", streams, "--duration", duration];
    let mut load =
        Generator { model: MODELS[0], core: None, arguments: &arguments }.start(options, server.url())?;
    let mut most = empty;
    let status = loop {
        most = most.max(server.usage().resident_bytes()?);
        if let Some(status) = load.try_wait()? {
            break status;
        }
        thread::sleep(LOOK_EVERY);
    };
    ensure!(status.success(), "the load generator ended with {status}");
    let streams: f64 = streams.parse()?;
    Ok(Run::from([
        ("active_stream_bytes", (most - empty) / streams),
        ("resident_mib_with_active_streams", mebibytes(most)),
        ("active_streams", streams),
    ]))
}

/// Resident memory once it grows no more.
fn settled(usage: Usage) -> Result<f64> {
    let mut before = 0.0;
    loop {
        let now = usage.resident_bytes()?;
        if now <= before * (1.0 + SETTLED) {
            return Ok(now);
        }
        before = now;
        thread::sleep(4 * LOOK_EVERY);
    }
}

fn mebibytes(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}
