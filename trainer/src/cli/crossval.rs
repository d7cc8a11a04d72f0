//! `crossval`: the folds of a protocol.

use super::folds::FoldArguments;
use super::material::MaterialArguments;
use super::progress;
use anyhow::{Context, bail};
use clap::Args;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use undertone_evaluation::{Evidence, Figures, Judged, Prediction, Run, RunId};
use undertone_trainer::evaluation::{FoldEvidence, FoldShelf};
use undertone_trainer::protocol::FoldId;
use undertone_trainer::{Job, SplitRule, TrainingRecipe};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    #[command(flatten)]
    folds: FoldArguments,
    /// Only this fold; all of them else.
    #[arg(long)]
    fold: Option<u32>,
    /// Train the network of full context only. There are no interim answers then.
    #[arg(long)]
    whole_only: bool,
    /// Ask the same networks with weights in 8 bits, too, and write down what they say. A fold that is finished needs its
    /// networks in the work folder for it; none is trained again.
    #[arg(long)]
    int8: bool,
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
    let seed = arguments.material.seed;
    let run = arguments.folds.run(seed);
    let folds = match arguments.fold {
        Some(fold) => vec![fold],
        None => (0..arguments.folds.count()).collect(),
    };
    let mut evidence = Run::new(run);
    for fold in folds {
        let id = arguments.folds.id(seed, fold);
        let own = fold_evidence(arguments, &recipe, id)?;
        print_figures(&id.folder(), &own.predictions);
        println!("  asked about {}", speakers(&own.predictions));
        if !own.int8.is_empty() {
            print_figures(&format!("{}, weights in 8 bits", id.folder()), &own.int8);
        }
        own.add_to(&mut evidence);
    }
    match (&arguments.evidence, arguments.fold) {
        (Some(folder), None) => evidence.write(folder)?,
        (Some(folder), Some(fold)) => compare(folder, run, fold, &evidence.predictions)?,
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
    let complete = |own: &FoldEvidence| arguments.whole_only || !own.interim.is_empty();
    let job = arguments.material.job(recipe, SplitRule::Fold(id), &id.folder());
    let own = match there.filter(complete) {
        Some(own) if !arguments.int8 || !own.int8.is_empty() => return Ok(own),
        Some(mut own) => {
            let trained = job.trained().context("weights in 8 bits come from a fold's finished networks")?;
            trained.check_answers(&own)?;
            trained.add_int8(&mut own)?;
            own
        }
        None => trained_evidence(arguments, &job, id)?,
    };
    if let Some(shelf) = shelf {
        shelf.put(id, recipe, &own)?;
    }
    Ok(own)
}

fn trained_evidence(arguments: &Arguments, job: &Job, id: FoldId) -> anyhow::Result<FoldEvidence> {
    let checkpoints = arguments.material.checkpoints();
    let trained = match arguments.whole_only {
        true => job.train_whole(checkpoints, &mut progress::print)?,
        false => job.train(checkpoints, &mut progress::print)?,
    };
    let mut own = trained.evidence(id.fold, &job.recipe.decision)?;
    if arguments.int8 {
        trained.add_int8(&mut own)?;
    }
    Ok(own)
}

/// Prints what the committed evidence says of the same fold, with every seed, and how far the fold of `own` is from it.
fn compare(folder: &Path, run: RunId, fold: u32, own: &[Prediction]) -> anyhow::Result<()> {
    let mut said = Vec::new();
    for committed in Evidence::open(folder)?.of(run.protocol) {
        let of_fold = committed.predictions.iter().filter(|prediction| prediction.fold == fold);
        let of_fold: Vec<Prediction> = of_fold.cloned().collect();
        if !of_fold.is_empty() {
            said.push(
                print_figures(&format!("in the evidence, seed {}", committed.id.seed), &of_fold).accuracy,
            );
        }
    }
    let (least, most) = (said.iter().copied().fold(1.0, f64::min), said.iter().copied().fold(0.0, f64::max));
    if said.is_empty() {
        bail!("{}: the evidence says nothing of fold {fold}", folder.display());
    }
    let figures = figures_of(own);
    let error = (figures.accuracy * (1.0 - figures.accuracy) / figures.clips as f64).sqrt();
    let beyond = (least - figures.accuracy).max(figures.accuracy - most).max(0.0);
    println!(
        "{:.1} points beyond the seeds of the evidence; the standard error over {} clips is {:.1}",
        100.0 * beyond,
        figures.clips,
        100.0 * error
    );
    Ok(())
}

fn print_figures(name: &str, predictions: &[Prediction]) -> Figures {
    let figures = figures_of(predictions);
    println!("{name}: accuracy {:.3}, UAR {:.3} over {} clips", figures.accuracy, figures.uar, figures.clips);
    figures
}

/// Whose clips these are.
fn speakers(predictions: &[Prediction]) -> String {
    let names: BTreeSet<&str> = predictions.iter().map(|own| own.speaker.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    format!("{} speakers: {}", names.len(), names.join(" "))
}

fn figures_of(predictions: &[Prediction]) -> Figures {
    Figures::of(&predictions.iter().map(Prediction::judged).collect::<Vec<Judged>>())
}
