//! `profile`: what a bundle's clips were like, written into the bundle.

use anyhow::ensure;
use clap::Args;
use std::path::PathBuf;
use undertone_bundle::Bundle;
use undertone_features::{FeatureExtractor, Recipe};
use undertone_terminal::say;
use undertone_trainer::dataset::{Clip, read_clips};
use undertone_trainer::profile;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle folder; its manifest gets the profile, everything else stays as it is.
    bundle: PathBuf,
    /// What it was trained on: a folder or list as for `train`.
    #[arg(long, env = "UNDERTONE_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// Which rows of the index.csv.
    #[arg(long, default_value = super::material::RAVDESS)]
    corpus: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let bundle = Bundle::open(&arguments.bundle)?;
    let learnt = &bundle.manifest().training.train_speakers;
    let clips = read_clips(&arguments.data, &arguments.corpus)?;
    let own: Vec<&Clip> =
        clips.iter().filter(|clip| learnt.iter().any(|speaker| speaker == clip.speaker.name())).collect();
    ensure!(
        !own.is_empty(),
        "{} holds no clip of a speaker that the bundle learnt from",
        arguments.data.display()
    );
    let recipe = Recipe::from_json(&bundle.manifest().features.recipe_json())?;
    let grid = FeatureExtractor::new(&recipe)?.layout().grid;
    let profile = profile(own.iter().copied(), grid)?;
    let (clips, utterances) = (profile.clips, profile.utterances);
    Bundle::write_profile(&arguments.bundle, &profile)?;
    say!("{} has the profile of {utterances} utterances in {clips} clips", arguments.bundle.display());
    Ok(())
}
