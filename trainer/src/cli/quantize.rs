//! `quantize`: a bundle with weights in 8 bits.

use clap::Args;
use std::path::PathBuf;
use undertone_bundle::Bundle;
use undertone_terminal::say;
use undertone_trainer::quantize;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle to start from, made by this trainer; it stays as it is.
    bundle: PathBuf,
    /// Bundle folder to write: its last two parts are the model's name and version.
    #[arg(long, value_name = "models/NAME/VERSION")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    quantize(&Bundle::open(&arguments.bundle)?, &arguments.out)?;
    say!("{} is written", arguments.out.display());
    Ok(())
}
