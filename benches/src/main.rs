//! `undertone-benches NAME [--json] [--quick] [--models-dir DIR | --untrained] [--evidence DIR] [--python PATH] [--peers DIR] [--rows N]`: runs one benchmark and prints its
//! figures; the last line is one JSON object.
#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use std::env;
use std::path::{Path, PathBuf};
use undertone_benches::{
    Options, Report, measure_analytics, measure_clip, measure_engines, measure_experiments, measure_features,
    measure_growth, measure_isolation, measure_memory, measure_peers, measure_record, measure_startup,
    measure_stateful, measure_streams, measure_tax, measure_train, write_untrained,
};

#[derive(Parser)]
#[command(about = "Runs one benchmark")]
struct Arguments {
    /// Which one.
    bench: Bench,
    /// Print the JSON object only.
    #[arg(long)]
    json: bool,
    /// Shorter runs, for a first look.
    #[arg(long)]
    quick: bool,
    /// Where the bundles lie; the staged ones when not given.
    #[arg(long)]
    models_dir: Option<PathBuf>,
    /// Measure bundles with random weights, made from the trainer's recipes, whose graphs carry state.
    #[arg(long, conflicts_with = "models_dir")]
    untrained: bool,
    /// The Python of `train` (with torch and numpy) and `features` (with kaldi-native-fbank and librosa).
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Where `clip` puts its times: the folder of models, each with its evidence.
    #[arg(long)]
    evidence: Option<PathBuf>,
    /// Answers of `analytics`, where not ten million.
    #[arg(long)]
    rows: Option<u64>,
    /// The virtual environments of `peers`, one per peer.
    #[arg(long, default_value = "target/peers")]
    peers: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// The questions of dashboards on PostgreSQL with a long history of answers.
    Analytics,
    /// What a clip of speech costs, as a server computes it.
    Clip,
    /// The same bundles on tract and on ONNX Runtime.
    Engines,
    /// Simulated experiments: how often the analysis is right.
    Experiments,
    /// Log-mel frames against the bare Fourier transforms, kaldi-native-fbank and librosa.
    Features,
    /// How cost grows with streams at once and with the model's size.
    Growth,
    /// A plugin in a process of its own against the same in this one.
    Isolation,
    /// Memory of a server per open stream.
    Memory,
    /// The same graph behind other servers of the Open Inference Protocol.
    Peers,
    /// Recording through the journal into PostgreSQL, against plain COPY of the same rows.
    Record,
    /// From exec until a server is ready.
    Startup,
    /// Streams that one core carries against what the bare work would allow.
    Streams,
    /// What serving costs beside the bare work.
    Tax,
    /// Interim updates from carried state against scoring a window again.
    Stateful,
    /// An epoch of training against the same network in PyTorch.
    Train,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let untrained = tempfile::tempdir()?;
    let report = arguments.measure(untrained.path())?;
    if !arguments.json {
        println!("{report}");
    }
    println!("{}", report.to_json()?);
    Ok(())
}

impl Arguments {
    fn measure(&self, untrained: &Path) -> Result<Report> {
        match self.bench {
            Bench::Analytics => measure_analytics(&self.options(untrained)?, self.rows),
            Bench::Clip => measure_clip(&self.options(untrained)?, self.evidence.as_deref()),
            Bench::Experiments => measure_experiments(self.quick),
            Bench::Features => measure_features(&self.python),
            Bench::Engines => measure_engines(&self.options(untrained)?),
            Bench::Growth => measure_growth(&self.options(untrained)?),
            Bench::Isolation => measure_isolation(&self.options(untrained)?),
            Bench::Memory => measure_memory(&self.options(untrained)?),
            Bench::Peers => measure_peers(&self.options(untrained)?, &self.peers),
            Bench::Record => measure_record(self.quick),
            Bench::Startup => measure_startup(&self.options(untrained)?),
            Bench::Stateful => measure_stateful(&self.options(untrained)?),
            Bench::Streams => measure_streams(&self.options(untrained)?),
            Bench::Tax => measure_tax(&self.options(untrained)?),
            Bench::Train => measure_train(&self.python),
        }
    }

    fn options(&self, untrained: &Path) -> Result<Options> {
        let stage = env::var_os("UNDERTONE_STAGE").context("UNDERTONE_STAGE says no staged tree")?;
        let stage = PathBuf::from(stage);
        let models_dir = if self.untrained {
            write_untrained(untrained)?;
            untrained.to_owned()
        } else {
            self.models_dir.clone().unwrap_or_else(|| stage.join("models"))
        };
        Ok(Options { stage, models_dir, quick: self.quick })
    }
}
