//! `report`: every published figure from the predictions.

use super::sheet::{SheetArguments, known_sheet};
use anyhow::{Context, bail};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_evaluation::{Evidence, Summary, check, report_html, report_markdown};
use undertone_terminal::say;
use undertone_trainer::{Timing, TrainingRecipe};

const HTML: &str = "report.html";
const MARKDOWN: &str = "report.md";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of evidence.
    #[arg(value_name = "models/NAME/evaluation")]
    evidence: PathBuf,
    /// The recipe that was trained.
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// Write nothing; fail when a published figure or page does not follow from the predictions.
    #[arg(long)]
    check: bool,
    /// Measure how long the recipe's networks take for a clip, on one thread, and keep it beside the evidence. Every later
    /// report tells it.
    #[arg(long, conflicts_with = "check")]
    time: bool,
    #[command(flatten)]
    sheet: SheetArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.evidence;
    let evidence = Evidence::open(folder)?;
    let recipe = TrainingRecipe::read(&arguments.recipe)?;
    check_name(folder, &recipe)?;
    recipe.check_evidence(evidence.runs())?;
    let clips = evidence.runs().iter().flat_map(|run| &run.predictions).map(|own| own.clip.as_str());
    let sheet = arguments.sheet.read(known_sheet(clips)?, folder)?;
    if arguments.time {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        one.install(|| Timing::measure(&recipe))?.write(folder)?;
    }
    let facts = recipe.facts(&sheet, Timing::read(folder)?.as_ref());
    let pages = [(HTML, report_html(&evidence, &facts)), (MARKDOWN, report_markdown(&evidence, &facts))];
    if arguments.check {
        return compare(folder, &pages);
    }
    Summary::of(&evidence).write(folder)?;
    for (name, page) in pages {
        let path = folder.join(name);
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say!("{} is written", folder.join(HTML).display());
    Ok(())
}

/// A report that is there already is about the model that the recipe makes, or the recipe is another model's.
fn check_name(folder: &Path, recipe: &TrainingRecipe) -> anyhow::Result<()> {
    let Ok(page) = fs::read_to_string(folder.join(MARKDOWN)) else { return Ok(()) };
    match page.lines().next().and_then(|title| title.strip_prefix("# ")?.split(':').next()) {
        Some(model) if model != recipe.name => {
            bail!(
                "{}: its report is about the model {model}, the recipe makes {}",
                folder.display(),
                recipe.name
            )
        }
        _ => Ok(()),
    }
}

fn compare(folder: &Path, pages: &[(&str, String)]) -> anyhow::Result<()> {
    let mut differences: Vec<String> = check(folder)?.iter().map(ToString::to_string).collect();
    for (name, page) in pages {
        let path = folder.join(name);
        let committed =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if committed != *page {
            differences.push(format!("{name} is not what the predictions give"));
        }
    }
    if !differences.is_empty() {
        bail!("{} does not follow from its predictions:\n{}", folder.display(), differences.join("\n"));
    }
    say!("{}: every figure follows from the predictions", folder.display());
    Ok(())
}
