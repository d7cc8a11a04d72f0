//! `undertone-trainer`: from labelled speech to a bundle.
#![forbid(unsafe_code)]

mod cli;

use clap::Parser;
use cli::Cli;

fn main() -> anyhow::Result<()> {
    Cli::parse().run()
}
