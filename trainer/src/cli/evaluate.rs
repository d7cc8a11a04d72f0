//! `evaluate`: a finished fold again.

use super::folds::FoldArguments;
use super::material::MaterialArguments;
use clap::Args;
use undertone_evaluation::{Figures, Judged, Prediction};
use undertone_terminal::say;
use undertone_trainer::SplitRule;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    #[command(flatten)]
    folds: FoldArguments,
    /// Which fold.
    #[arg(long)]
    fold: u32,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let recipe = arguments.material.recipe()?;
    let id = arguments.folds.id(arguments.material.seed, arguments.fold);
    let trained = arguments.material.job(&recipe, SplitRule::Fold(id), &id.folder()).trained()?;
    let evidence = trained.evidence(arguments.fold, &recipe.decision)?;
    let judged: Vec<Judged> = evidence.predictions.iter().map(Prediction::judged).collect();
    say!("{}", serde_json::to_string_pretty(&Figures::of(&judged))?);
    Ok(())
}
