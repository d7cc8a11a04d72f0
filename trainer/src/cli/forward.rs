//! `forward`: what finished networks say about clips.

use super::material::MaterialArguments;
use anyhow::Context;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use undertone_terminal::say;
use undertone_trainer::SplitRule;
use undertone_trainer::dataset::HeldOut;
use undertone_trainer::forward;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    /// The bundle's version, as its training was called; speakers that were held out are not looked for.
    #[arg(long)]
    version: String,
    /// Clips to ask about.
    #[arg(long, default_value_t = 100)]
    clips: usize,
    /// File to write.
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let recipe = arguments.material.recipe()?;
    let split = SplitRule::Speakers(HeldOut { validation: Vec::new(), test: Vec::new() });
    let trained = arguments.material.job(&recipe, split, &arguments.version).trained();
    let trained =
        trained.context("asked is a finished training of all speakers, as `train --evidence` makes it")?;
    let samples = forward::samples(&trained, arguments.clips)?;
    let out = &arguments.out;
    fs::write(out, forward::to_csv(&samples)).with_context(|| format!("cannot write {}", out.display()))?;
    say!("{} answers are in {}", samples.len(), out.display());
    Ok(())
}
