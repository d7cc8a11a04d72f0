//! `undertone bench`: an open-loop load generator. It sends by the clock, whether or not answers come, and counts from
//! when the audio was there; so a server that falls behind cannot slow the measuring down and hide how long it takes.

mod chart;
mod clips;
mod curve;
mod json;
mod latency;
mod load;
mod paced;
mod plan;
mod report;
mod schedule;
mod search;
mod stream;
mod svg;
mod table;
mod tally;
mod tensors;
mod track;
mod verdict;

use super::SettingsArgs;
use super::duration::duration;
use super::recognizer::Recognizer;
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use curve::Curve;
use load::{Load, Pace};
use plan::Plan;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use track::Track;
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;
use undertone_terminal::{say, say_part};

/// What is put on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// Streams of speech.
    Undertone,
    /// Requests about one tensor, to any server of the Open Inference Protocol.
    OpenInference,
}

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// What is put on the server.
    #[arg(long, value_enum, default_value = "undertone")]
    protocol: Protocol,
    /// Recordings to send over and over, or folders of them; a clip of synthesised speech when none is given.
    clips: Vec<PathBuf>,
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50151")]
    server: String,
    /// NAME or NAME@VERSION; the server's default model when not given.
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,
    /// Streams at once: the load, the largest one of a ramp, or where a search begins.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    streams: u32,
    /// Try so many loads, in equal steps up to --streams.
    #[arg(long, value_name = "STEPS", conflicts_with = "search", value_parser = clap::value_parser!(u32).range(1..=1000))]
    ramp: Option<u32>,
    /// Look for the most streams whose updates keep within --p99-below, with nothing refused, dropped or lost.
    #[arg(long, conflicts_with = "as_fast_as_accepted")]
    search: bool,
    /// The bound for 99 of 100 updates, from the arrival of the last sample that an update needs.
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = duration)]
    p99_below: Duration,
    /// How long each load is measured; with --as-fast-as-accepted, the audio of each stream.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,
    /// Time before that, in which the streams are opened one after the other.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    warm_up: Duration,
    /// Audio between two updates.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration)]
    hop: Duration,
    /// Audio per message.
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
    piece: Duration,
    /// Silence behind each recording.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pause: Duration,
    /// So many times faster than it is spoken.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Send without a clock, as fast as the server takes it: tells throughput, and no latency.
    #[arg(long, conflicts_with = "speed")]
    as_fast_as_accepted: bool,
    /// Streams that share a connection.
    #[arg(long, value_name = "STREAMS", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    streams_per_connection: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Draw latency against load into this file (SVG).
    #[arg(long, value_name = "FILE.svg", conflicts_with = "as_fast_as_accepted")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tensors: Tensors,
}

/// What `--protocol open-inference` sends.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --protocol open-inference")]
struct Tensors {
    /// Requests per second, evenly spaced: the load, the largest one of a ramp, or where a search begins.
    #[arg(long, value_name = "REQUESTS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// The input; the first one of 32-bit floats when not given.
    #[arg(long, value_name = "NAME")]
    input: Option<String>,
    /// Lengths of the tensor, as in 1,300,64; without it the model's own, with 1 for an open batch and 300 for any other open
    /// length.
    #[arg(long, value_name = "LENGTHS", value_delimiter = ',')]
    shape: Vec<usize>,
    /// Send the values in the list of their datatype, and not as one buffer.
    #[arg(long)]
    typed: bool,
    /// Connections that the requests go over in turn.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
}

pub(super) async fn run(args: &BenchArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let is_answered = match args.protocol {
        Protocol::Undertone => streams(args, settings).await?,
        Protocol::OpenInference => tensors::run(args, &args.tensors, settings.target(&args.server)).await?,
    };
    if !is_answered {
        eprintln!("undertone: nothing was answered, so nothing was measured");
    }
    Ok(if is_answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Streams of speech. False when nothing was answered.
async fn streams(args: &BenchArgs, settings: &SettingsArgs) -> anyhow::Result<bool> {
    let pace = args.pace()?;
    args.check_out()?;
    let clips = clips::read(&args.clips)?;
    let recognizer = Recognizer::open(Some(&args.server), settings).await?;
    let model = recognizer.model(&args.model).await?.reference.unwrap_or_default();
    let samples_in = |time| PIPELINE_RATE.samples_in(time) as usize;
    let load = Load {
        server: settings.target(&args.server),
        config: args.config(&model)?,
        track: Track::new(&clips.samples, samples_in(args.pause), samples_in(args.piece)),
        pace,
        streams_per_connection: args.streams_per_connection as usize,
    };
    let aloud = !args.json && pace.speed.is_some();
    let found = args.plan_of(args.streams).carry_out(&load, args.p99_below, aloud).await?;
    let report =
        Report { model, clips: (clips.samples.len(), clips.found), load, bound: args.p99_below, found };
    if args.json {
        say!("{}", json::object(&report));
    } else {
        say_part!("{}\n{}", table::render(&report), chart::render(&report.curve()));
    }
    args.draw(&report.curve())?;
    let without_clock = args.as_fast_as_accepted;
    Ok(if without_clock { report.has_finals() } else { report.found.is_answered() })
}

impl BenchArgs {
    fn pace(&self) -> anyhow::Result<Pace> {
        ensure!(self.speed.is_finite() && self.speed > 0.0, "--speed {}: give a number above 0", self.speed);
        let times = [("--piece", self.piece), ("--duration", self.duration), ("--hop", self.hop)];
        for (name, time) in times {
            ensure!(!time.is_zero(), "{name}: give a time above 0");
        }
        let speed = (!self.as_fast_as_accepted).then_some(self.speed);
        Ok(Pace { piece: self.piece, speed, warm_up: self.warm_up, duration: self.duration })
    }

    /// Fails before the measurement where its picture could not be written behind it.
    fn check_out(&self) -> anyhow::Result<()> {
        let Some(path) = &self.out else { return Ok(()) };
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
        opened.map(drop).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn draw(&self, curve: &Curve<'_>) -> anyhow::Result<()> {
        let Some(path) = &self.out else { return Ok(()) };
        std::fs::write(path, svg::draw(curve))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// The loads up to one of `size`, or from there on.
    fn plan_of(&self, size: u32) -> Plan {
        let size = size as usize;
        match self.ramp {
            Some(steps) => Plan::Ramp { size, steps: steps as usize },
            None if self.search => Plan::Search { from: size },
            None => Plan::One { size },
        }
    }

    fn config(&self, model: &v1::ModelRef) -> anyhow::Result<v1::RecognitionConfig> {
        let hop = self.hop.try_into().context("--hop is too long")?;
        Ok(v1::RecognitionConfig {
            audio: Some(v1::AudioFormat {
                encoding: v1::AudioEncoding::Linear16.into(),
                sample_rate_hertz: PIPELINE_RATE.hz(),
                channels: 1,
            }),
            model: format!("{}@{}", model.name, model.version),
            interim_results: true,
            interim_hop: Some(hop),
            ..v1::RecognitionConfig::default()
        })
    }
}
