//! `calibrate`: temperature and thresholds of a bundle.

use super::quoted::Quoted;
use clap::Args;
use std::path::PathBuf;
use undertone_bundle::Bundle;
use undertone_evaluation::Evidence;
use undertone_terminal::say;
use undertone_trainer::evaluation::Decision;
use undertone_trainer::{Recalibration, TrainingRecipe};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle to start from; it stays as it is.
    bundle: PathBuf,
    /// Folder of cross-validation that says how sure the recipe's networks may be.
    #[arg(long, value_name = "models/NAME/evaluation")]
    evidence: PathBuf,
    /// The recipe, which says what is promised about answers.
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// Bundle folder to write: its last two parts are the model's name and version.
    #[arg(long, value_name = "models/NAME/VERSION")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let bundle = Bundle::open(&arguments.bundle)?;
    let recipe = TrainingRecipe::read(&arguments.recipe)?;
    let evidence = Evidence::open(&arguments.evidence)?;
    let Quoted { summary, decision, stream_temperature } = Quoted::of(&recipe, &evidence)?;
    let calibrated = Recalibration { recipe: &recipe, decision, stream_temperature, summary: &summary };
    calibrated.write(&bundle, &arguments.out)?;
    say!("{} is written: {}", arguments.out.display(), told(&decision));
    Ok(())
}

fn told(decision: &Decision) -> String {
    let Decision { temperature, conformal_threshold, abstain_below } = decision;
    let held_back = match abstain_below {
        Some(bound) => format!("answers less probable than {bound:.3} are held back"),
        None => "no answer is held back, since no bound keeps the error that was asked for".to_owned(),
    };
    format!(
        "temperature {temperature:.3}; sets hold what is at least {conformal_threshold:.4} probable; {held_back}"
    )
}
