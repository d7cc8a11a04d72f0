//! Bundles with random weights, for figures that do not depend on what a network has learnt.

use crate::serving::MODELS;
use anyhow::{Context, Result};
use std::path::Path;
use undertone_core::Emotion;
use undertone_features::Recipe;
use undertone_trainer::{Ensemble, Interface, Network, TrainingRecipe, Untrained};

const RECIPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../trainer/recipes");
const VERSION: &str = "0.0.0-untrained";
const SEED: u64 = 7;

/// Writes a bundle per recipe of the trainer to `NAME/0.0.0-untrained` below `dir`: the networks' shapes, a graph that
/// carries state included, with weights that nobody trained.
pub fn write_untrained(dir: &Path) -> Result<()> {
    for name in MODELS {
        write(&recipe_of(name)?, dir)?;
    }
    Ok(())
}

/// The trainer's recipe of a model.
pub(crate) fn recipe_of(model: &str) -> Result<TrainingRecipe> {
    Ok(TrainingRecipe::read(&Path::new(RECIPES).join(model).with_extension("toml"))?)
}

/// Writes a bundle of the recipe below `dir`; gives how many values its networks of full context could learn.
pub(crate) fn write(recipe: &TrainingRecipe, dir: &Path) -> Result<usize> {
    let interface = Interface { dim: recipe.dim(), labels: Emotion::ALL.len() };
    let members = (0..recipe.ensemble as u64).map(|member| {
        let network = Network::new(recipe.whole.clone(), interface, SEED + member);
        scaled(network, interface.dim)
    });
    let whole = Ensemble::new(members.collect());
    let causal = scaled(Network::new(recipe.stream.clone(), interface, SEED), interface.dim);
    let features = Recipe::named(&recipe.features).context("the recipe names features")?;
    let untrained = Untrained {
        name: &recipe.name,
        version: VERSION,
        features: &features,
        whole: &whole,
        stream: Some(&causal),
    };
    untrained.write(&dir.join(&recipe.name).join(VERSION))?;
    Ok(whole.learnt())
}

/// With the input scale of log-mel frames of speech, so that no value is extraordinary.
fn scaled(mut network: Network, dim: usize) -> Network {
    network.set_input_scale(&vec![-9.0; dim], &vec![3.0; dim]);
    network
}
