//! `undertone-benches NAME [--json] [--python PATH]`: runs one benchmark and prints its figures; the last line is one JSON object.
#![forbid(unsafe_code)]

use anyhow::Result;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use undertone_benches::{Report, measure_features, measure_stateful, measure_train};

#[derive(Parser)]
#[command(about = "Runs one benchmark")]
struct Arguments {
    /// Which one.
    bench: Bench,
    /// Print the JSON object only.
    #[arg(long)]
    json: bool,
    /// The Python of `train`, with torch and numpy.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// Log-mel frames against the bare Fourier transforms.
    Features,
    /// Interim updates from carried state against scoring a window again.
    Stateful,
    /// An epoch of training against the same network in PyTorch.
    Train,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let report = arguments.measure()?;
    if !arguments.json {
        println!("{report}");
    }
    println!("{}", report.to_json()?);
    Ok(())
}

impl Arguments {
    fn measure(&self) -> Result<Report> {
        match self.bench {
            Bench::Features => measure_features(),
            Bench::Stateful => measure_stateful(),
            Bench::Train => measure_train(&self.python),
        }
    }
}
