//! `evaluate`: a finished fold again.

use super::material::MaterialArguments;
use clap::Args;
use undertone_evaluation::{Figures, Judged, Prediction, Protocol, RunId};
use undertone_trainer::SplitRule;
use undertone_trainer::protocol::FoldId;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    /// How the clips were split.
    #[arg(long, default_value = "speaker5")]
    protocol: Protocol,
    /// Which fold.
    #[arg(long)]
    fold: u32,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let recipe = arguments.material.recipe()?;
    let run = RunId { protocol: arguments.protocol, seed: arguments.material.seed };
    let id = FoldId { run, fold: arguments.fold };
    let trained = arguments.material.job(&recipe, SplitRule::Fold(id), &id.folder()).trained()?;
    let evidence = trained.evidence(arguments.fold, &recipe.decision)?;
    let judged: Vec<Judged> = evidence.predictions.iter().map(Prediction::judged).collect();
    println!("{}", serde_json::to_string_pretty(&Figures::of(&judged))?);
    Ok(())
}
