//! `crossval`: the folds of a protocol.

use super::folds::FoldArguments;
use super::material::MaterialArguments;
use super::progress;
use anyhow::{Context, bail};
use clap::Args;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_evaluation::{Evidence, Figures, Judged, Prediction, Run, RunId, Variant};
use undertone_trainer::evaluation::{FoldEvidence, FoldShelf};
use undertone_trainer::protocol::FoldId;
use undertone_trainer::{Forecast, Job, Outlook, Progress, Roll, SplitRule, Trained, TrainingRecipe};

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
    /// Ask the same networks about the test clips as a narrowband telephone call brings them, too, and write down what they say. As
    /// with --int8, none is trained again.
    #[arg(long)]
    narrowband: bool,
    /// Where finished folds are kept: one that is there is not trained again, and one that was trained is put there. So
    /// the folds of a protocol can be trained on several machines, and be joined on one.
    #[arg(long, value_name = "DIR")]
    folds_dir: Option<PathBuf>,
    /// Folder of evidence: written when all folds were trained, in place of what it has of the protocol and seed; compared
    /// with when it is one.
    #[arg(long, value_name = "models/NAME/evaluation")]
    evidence: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let clips = arguments.material.clips()?;
    let campaign = Campaign::new(arguments, Roll::of(&clips))?;
    // It is written or compared with at the end; a mistake is told now.
    if let Some(folder) = &arguments.evidence {
        campaign.check_beside(folder)?;
    }
    progress::tell_clips(&clips);
    let mut forecast = campaign.forecast()?;
    let run = arguments.folds.run(arguments.material.seed);
    let mut evidence = Run::new(run);
    for &id in &campaign.folds {
        let own = campaign.fold_evidence(id, &mut forecast)?;
        print_figures(&id.folder(), &own.predictions);
        progress::tell(&format!("  asked about {}", speakers(&own.predictions)));
        if !own.int8.is_empty() {
            print_figures(&format!("{}, weights in 8 bits", id.folder()), &own.int8.whole);
        }
        if !own.narrowband.is_empty() {
            print_figures(&format!("{}, over a telephone", id.folder()), &own.narrowband.whole);
        }
        own.add_to(&mut evidence);
    }
    match (&arguments.evidence, arguments.fold) {
        (Some(folder), None) => evidence.replace(folder)?,
        (Some(folder), Some(fold)) => compare(folder, run, fold, &evidence.predictions)?,
        (None, _) => {}
    }
    if arguments.fold.is_none() {
        print_figures(&run.to_string(), &evidence.predictions);
    }
    Ok(())
}

/// The folds that a command is about.
struct Campaign<'a> {
    arguments: &'a Arguments,
    recipe: TrainingRecipe,
    folds: Vec<FoldId>,
    shelf: Option<FoldShelf>,
    roll: Roll<'a>,
}

impl<'a> Campaign<'a> {
    fn new(arguments: &'a Arguments, roll: Roll<'a>) -> anyhow::Result<Self> {
        let numbers = match arguments.fold {
            Some(fold) => fold..fold.saturating_add(1),
            None => 0..arguments.folds.count(),
        };
        let folds = numbers.map(|fold| arguments.folds.id(arguments.material.seed, fold)).collect();
        let shelf = arguments.folds_dir.as_deref().map(FoldShelf::new);
        Ok(Self { arguments, recipe: arguments.material.recipe()?, folds, shelf, roll })
    }

    /// The other runs in the folder of evidence are about the same clips, folds and kind of networks, or there is none.
    fn check_beside(&self, folder: &Path) -> anyhow::Result<()> {
        if self.arguments.fold.is_none() && !holds_evidence(folder)? {
            return Ok(());
        }
        let (evidence, own) =
            (Evidence::open(folder)?, self.arguments.folds.run(self.arguments.material.seed));
        let replaced = |run: &&Run| self.arguments.fold.is_none() && run.id == own;
        let beside = || evidence.runs().iter().filter(move |run| !replaced(run));
        self.recipe
            .check_evidence(beside())
            .with_context(|| format!("{} is about another model", folder.display()))?;
        for run in beside() {
            self.roll
                .check_beside(run, &self.folds)
                .with_context(|| format!("{} does not fit", folder.display()))?;
        }
        Ok(())
    }

    /// Before the first fold: what is neither on the shelf nor in the work folder will be trained.
    fn forecast(&self) -> anyhow::Result<Forecast> {
        let mut left = Outlook::default();
        for &id in &self.folds {
            if self.on_the_shelf(id)?.is_none() {
                left += self.job(id).outlook(!self.arguments.whole_only)?;
            }
        }
        Ok(Forecast::new(&self.recipe, left))
    }

    fn job(&self, id: FoldId) -> Job {
        self.arguments.material.job(&self.recipe, SplitRule::Fold(id), &id.folder())
    }

    /// A fold's evidence, if nothing of it has to be trained. What was asked in another way is in it only where that is wanted,
    /// since of a run all folds have it or none.
    fn on_the_shelf(&self, id: FoldId) -> anyhow::Result<Option<FoldEvidence>> {
        let mut there = self.shelf.as_ref().map(|shelf| shelf.take(id, &self.recipe)).transpose()?.flatten();
        if let Some(own) = &there {
            self.roll.check_fold(id, &own.predictions)?;
        }
        if let Some(own) = there.as_mut().filter(|_| !self.arguments.int8) {
            own.int8 = Variant::NOT_ASKED;
        }
        if let Some(own) = there.as_mut().filter(|_| !self.arguments.narrowband) {
            own.narrowband = Variant::NOT_ASKED;
        }
        Ok(there.filter(|own| self.arguments.whole_only || !own.interim.is_empty()))
    }

    /// Takes a fold's evidence from the shelf, or trains the fold and puts it there.
    fn fold_evidence(&self, id: FoldId, forecast: &mut Forecast) -> anyhow::Result<FoldEvidence> {
        let own = match self.on_the_shelf(id)? {
            Some(own) if !self.lacks_int8(&own) && !self.lacks_narrowband(&own) => return Ok(own),
            Some(own) => self.asked_otherwise(id, own)?,
            None => self.trained_evidence(id, forecast)?,
        };
        if let Some(shelf) = &self.shelf {
            shelf.put(id, &self.recipe, &own)?;
        }
        Ok(own)
    }

    fn lacks_int8(&self, own: &FoldEvidence) -> bool {
        self.arguments.int8 && own.int8.is_empty()
    }

    fn lacks_narrowband(&self, own: &FoldEvidence) -> bool {
        self.arguments.narrowband && own.narrowband.is_empty()
    }

    /// A fold from the shelf with what its finished networks say in the other ways that are wanted.
    fn asked_otherwise(&self, id: FoldId, mut own: FoldEvidence) -> anyhow::Result<FoldEvidence> {
        let needed = "what is asked in another way is asked of a fold's finished networks";
        let trained = self.job(id).trained().context(needed)?;
        trained.check_answers(&own)?;
        self.ask_otherwise(&trained, &mut own)?;
        Ok(own)
    }

    fn ask_otherwise(&self, trained: &Trained, own: &mut FoldEvidence) -> anyhow::Result<()> {
        if self.lacks_int8(own) {
            trained.add_int8(own)?;
        }
        if self.lacks_narrowband(own) {
            trained.add_narrowband(own)?;
        }
        Ok(())
    }

    fn trained_evidence(&self, id: FoldId, forecast: &mut Forecast) -> anyhow::Result<FoldEvidence> {
        let (job, checkpoints) = (self.job(id), self.arguments.material.checkpoints());
        let mut progress = |progress: Progress<'_>| progress::print(progress, forecast);
        let trained = match self.arguments.whole_only {
            true => job.train_whole(checkpoints, &mut progress)?,
            false => job.train(checkpoints, &mut progress)?,
        };
        if self.folds.first() == Some(&id) {
            progress::tell_left_out(&trained.material);
        }
        let mut own = trained.evidence(id.fold, &self.recipe.decision)?;
        self.ask_otherwise(&trained, &mut own)?;
        Ok(own)
    }
}

/// Whether `folder` has a file that a run would be in.
fn holds_evidence(folder: &Path) -> anyhow::Result<bool> {
    if !folder.exists() {
        return Ok(false);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    Ok(names.iter().any(|path| path.extension().is_some_and(|ending| ending == "csv")))
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
    progress::tell(&format!(
        "{:.1} points beyond the seeds of the evidence; the standard error over {} clips is {:.1}",
        100.0 * beyond,
        figures.clips,
        100.0 * error
    ));
    Ok(())
}

fn print_figures(name: &str, predictions: &[Prediction]) -> Figures {
    let figures = figures_of(predictions);
    let (accuracy, uar, clips) = (figures.accuracy, figures.uar, figures.clips);
    progress::tell(&format!("{name}: accuracy {accuracy:.3}, UAR {uar:.3} over {clips} clips"));
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
