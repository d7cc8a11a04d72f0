//! `undertone-benches NAME [--json]`: runs one benchmark and prints its figures; the last line is one JSON object.
#![forbid(unsafe_code)]

use anyhow::Result;
use clap::{Parser, ValueEnum};
use undertone_benches::{Report, measure_features};

#[derive(Parser)]
#[command(about = "Runs one benchmark")]
struct Arguments {
    /// Which one.
    bench: Bench,
    /// Print the JSON object only.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// Log-mel frames against the bare Fourier transforms.
    Features,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let report = arguments.bench.measure()?;
    if !arguments.json {
        println!("{report}");
    }
    println!("{}", report.to_json()?);
    Ok(())
}

impl Bench {
    fn measure(self) -> Result<Report> {
        match self {
            Self::Features => measure_features(),
        }
    }
}
