//! `calibrate`: temperature and thresholds of a bundle.

use anyhow::Context;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use undertone_bundle::Bundle;
use undertone_evaluation::Evidence;
use undertone_trainer::TrainingRecipe;

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
    let decision = recipe
        .decision
        .fit_to_evidence(&evidence)
        .context("the evidence holds no speaker-independent folds with a temperature")?;
    let part = |path: Option<&std::path::Path>| {
        path.and_then(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let mut manifest = bundle.manifest().clone();
    manifest.name = part(arguments.out.parent());
    manifest.version = part(Some(&arguments.out));
    manifest.calibration = decision.calibration(&recipe.decision);
    let names: Vec<String> = std::mem::take(&mut manifest.files).into_keys().collect();
    let contents = names.iter().map(|name| {
        let path = bundle.path_of(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    });
    let contents = contents.collect::<anyhow::Result<Vec<Vec<u8>>>>()?;
    let files: Vec<(&str, &[u8])> =
        names.iter().map(String::as_str).zip(contents.iter().map(Vec::as_slice)).collect();
    Bundle::write(&arguments.out, manifest, &files)?;
    println!("{} is written: {:?}", arguments.out.display(), decision);
    Ok(())
}
