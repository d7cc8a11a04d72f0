//! `crossval`: the folds of a protocol.

use super::material::MaterialArguments;
use super::progress;
use clap::Args;
use std::path::{Path, PathBuf};
use undertone_evaluation::{Figures, Judged, Prediction, Protocol, Run, RunId};
use undertone_trainer::evaluation::{FoldEvidence, FoldShelf};
use undertone_trainer::protocol::{FoldId, folds};
use undertone_trainer::{SplitRule, TrainingRecipe};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    /// How the clips are split: speaker5 (by actor) or random80 (a random fifth).
    #[arg(long, default_value = "speaker5")]
    protocol: Protocol,
    /// Only this fold; all of them else.
    #[arg(long)]
    fold: Option<u32>,
    /// Train the network of full context only. There are no interim answers then.
    #[arg(long)]
    whole_only: bool,
    /// Where finished folds are kept: one that is there is not trained again, and one that was trained is put there. So
    /// the folds of a protocol can be trained on several machines, and be joined on one.
    #[arg(long, value_name = "DIR")]
    folds_dir: Option<PathBuf>,
    /// Folder of evidence: written when all folds were trained, compared with when it is one.
    #[arg(long, value_name = "models/NAME/evaluation")]
    evidence: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let recipe = arguments.material.recipe()?;
    let run = RunId { protocol: arguments.protocol, seed: arguments.material.seed };
    let folds = match arguments.fold {
        Some(fold) => vec![fold],
        None => (0..folds(arguments.protocol)).collect(),
    };
    let mut evidence = Run::new(run);
    for fold in folds {
        let id = FoldId { run, fold };
        let own = fold_evidence(arguments, &recipe, id)?;
        print_figures(&id.folder(), &own.predictions);
        evidence.predictions.extend(own.predictions);
        evidence.folds.push(own.facts);
        evidence.curve.extend(own.curve);
        evidence.interim.extend(own.interim);
    }
    match (&arguments.evidence, arguments.fold) {
        (Some(folder), None) => evidence.write(folder)?,
        (Some(folder), Some(fold)) => compare(folder, run, fold)?,
        (None, _) => {}
    }
    if arguments.fold.is_none() {
        print_figures(&run.to_string(), &evidence.predictions);
    }
    Ok(())
}

/// Takes a fold's evidence from the shelf, or trains the fold and puts it there.
fn fold_evidence(arguments: &Arguments, recipe: &TrainingRecipe, id: FoldId) -> anyhow::Result<FoldEvidence> {
    let shelf = arguments.folds_dir.as_deref().map(FoldShelf::new);
    let there = shelf.as_ref().map(|shelf| shelf.take(id, recipe)).transpose()?.flatten();
    if let Some(there) = there
        && (arguments.whole_only || !there.interim.is_empty())
    {
        return Ok(there);
    }
    let job = arguments.material.job(recipe, SplitRule::Fold(id), &id.folder());
    let checkpoints = arguments.material.checkpoints();
    let trained = match arguments.whole_only {
        true => job.train_whole(checkpoints, &mut progress::print)?,
        false => job.train(checkpoints, &mut progress::print)?,
    };
    let own = trained.evidence(id.fold, &recipe.decision)?;
    if let Some(shelf) = shelf {
        shelf.put(id, recipe, &own)?;
    }
    Ok(own)
}

/// Prints what the committed evidence says of the same fold.
fn compare(folder: &Path, run: RunId, fold: u32) -> anyhow::Result<()> {
    let mut committed = Run::read(folder, run)?.predictions;
    committed.retain(|prediction| prediction.fold == fold);
    print_figures("in the evidence", &committed);
    Ok(())
}

fn print_figures(name: &str, predictions: &[Prediction]) {
    let judged: Vec<Judged> = predictions.iter().map(Prediction::judged).collect();
    let figures = Figures::of(&judged);
    println!("{name}: accuracy {:.3}, UAR {:.3} over {} clips", figures.accuracy, figures.uar, figures.clips);
}
