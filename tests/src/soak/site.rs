//! Folders of plugins and small bundles.

use crate::{bad_plugin, compile_energy, copy_tree, repository, write_loud};
use anyhow::Context;
use std::os::unix::fs::symlink;
use std::path::Path;
use undertone_bundle::{Bundle, Features};
use undertone_features::Recipe;
use undertone_trainer::{
    Architecture, Body, CnnShape, Context as Hears, Ensemble, Interface, LstmShape, Network, Normalisation,
    Untrained,
};

const INTERFACE: Interface = Interface { dim: 64, labels: 8 };
const SEED: u64 = 7;

/// Lays out the plugins of the repository, with the example in C, and small bundles for them, with weights that nobody trained.
///
/// # Errors
/// When something is not there, or cannot be written.
pub fn prepare(stage: &Path, dir: &Path) -> anyhow::Result<()> {
    let (plugins, models) = (dir.join("plugins"), dir.join("models"));
    std::fs::create_dir_all(&plugins)?;
    for folder in ["plugins", "examples"] {
        for library in std::fs::read_dir(stage.join(folder))? {
            let library = library?;
            symlink(library.path(), plugins.join(library.file_name()))?;
        }
    }
    compile_energy(&plugins, |source| source)?;
    write_loud(&models, "1.0.0")?;
    copy_tree(&repository().join("examples/linear/bundle"), &models.join("linear/1.0.0"))?;
    let cnn = Body::Cnn(CnnShape { channels: [2, 2, 4, 4], attention: 4 });
    let lstm = Body::Lstm(LstmShape { channels: [2, 2, 4], projection: 8, hidden: 8, attention: 4 });
    let features = &Recipe::named("logmel64").context("it is one of the named recipes")?;
    for (name, body) in [("cnn", cnn), ("lstm", lstm)] {
        let normalisation = Normalisation::Running { prior_frames: 50.0 };
        let network = |context| {
            let mut network =
                Network::new(Architecture { context, normalisation, body: body.clone() }, INTERFACE, SEED);
            network.set_input_scale(&[-9.0; 64], &[3.0; 64]);
            network
        };
        let (whole, stream) = (Ensemble::from(network(Hears::Full)), network(Hears::Causal));
        let untrained = Untrained { name, version: "1.0.0", features, whole: &whole, stream: Some(&stream) };
        untrained.write(&models.join(name).join("1.0.0"))?;
    }
    Ok(())
}

/// Lays out one bundle, over a classifier and an extractor that misbehave as they are told.
///
/// # Errors
/// When something is not there, or cannot be written.
pub fn prepare_faulty(dir: &Path, classifier: &str, extractor: &str) -> anyhow::Result<()> {
    let plugins = dir.join("plugins");
    std::fs::create_dir_all(&plugins)?;
    for name in ["faulty_classifier", "faulty_extractor"] {
        let library = bad_plugin(name)?;
        symlink(&library, plugins.join(library.file_name().context("it has a name")?))?;
    }
    let mut manifest = Bundle::open(&repository().join("examples/linear/bundle"))?.manifest().clone();
    "faulty_classifier".clone_into(&mut manifest.plugin.classifier);
    "faulty_extractor".clone_into(&mut manifest.plugin.extractor);
    let recipe = format!("{{\"behaviour\": \"{extractor}\"}}");
    manifest.features = Features::from_recipe_json("faulty".to_owned(), 2, &recipe)?;
    manifest.graph.whole.input.dims[2] = undertone_bundle::Dim::Fixed(2);
    let files: [(&str, &[u8]); 2] = [("weights.json", classifier.as_bytes()), ("card.md", b"# Faulty\n")];
    Bundle::write(&dir.join("models/faulty/1.0.0"), manifest, &files)?;
    Ok(())
}
