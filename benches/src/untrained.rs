//! Bundles with random weights, for figures that do not depend on what a network has learnt.

use anyhow::{Context, Result};
use std::path::Path;
use undertone_bundle::{
    Bundle, Calibration, Dim, Features, Graph, Graphs, Limits, Manifest, Plugin, SCHEMA, State, StreamGraph,
    Tensor, Training,
};
use undertone_core::Emotion;
use undertone_features::Recipe;
use undertone_trainer::{Ensemble, Interface, MIN_FRAMES, Network, StreamModel, TrainingRecipe};

const RECIPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../trainer/recipes");
const VERSION: &str = "0.0.0-untrained";
const SEED: u64 = 7;
const CARD: &[u8] = b"# Random weights\n\nFor benchmarks of speed. Its answers mean nothing.\n";

/// Writes a bundle per recipe of the trainer to `NAME/0.0.0-untrained` below `dir`: the networks' shapes, a graph that
/// carries state included, with weights that nobody trained.
pub fn write_untrained(dir: &Path) -> Result<()> {
    for name in ["cnn", "lstm"] {
        let recipe = TrainingRecipe::read(&Path::new(RECIPES).join(name).with_extension("toml"))?;
        write(&recipe, &dir.join(name).join(VERSION))?;
    }
    Ok(())
}

fn write(recipe: &TrainingRecipe, dir: &Path) -> Result<()> {
    let interface = Interface { dim: recipe.dim(), labels: Emotion::ALL.len() };
    let members = (0..recipe.ensemble as u64).map(|member| {
        let network = Network::new(recipe.whole.clone(), interface, SEED + member);
        scaled(network, interface.dim)
    });
    let whole = Ensemble::new(members.collect()).to_onnx();
    let causal = scaled(Network::new(recipe.stream.clone(), interface, SEED), interface.dim);
    let stream = causal.to_stream_onnx().context("the recipe's causal network carries no state")?;
    let manifest = manifest(recipe, interface, stream_graph(&causal, &stream))?;
    let files: [(&str, &[u8]); 3] =
        [("whole.onnx", &whole), ("stream.onnx", &stream.graph), ("card.md", CARD)];
    Bundle::write(dir, manifest, &files)?;
    Ok(())
}

/// With the input scale of log-mel frames of speech, so that no value is extraordinary.
fn scaled(mut network: Network, dim: usize) -> Network {
    network.set_input_scale(&vec![-9.0; dim], &vec![3.0; dim]);
    network
}

fn manifest(recipe: &TrainingRecipe, interface: Interface, stream: StreamGraph) -> Result<Manifest> {
    let features = Recipe::named(&recipe.features).context("the recipe names features")?;
    let dim = interface.dim as u32;
    Ok(Manifest {
        schema: SCHEMA,
        name: recipe.name.clone(),
        version: VERSION.into(),
        description: "Random weights".into(),
        licence: "Apache-2.0".into(),
        labels: Emotion::ALL.iter().map(ToString::to_string).collect(),
        plugin: Plugin { classifier: "onnx".into(), extractor: "logmel".into(), abi: "1.0".into() },
        features: Features::from_recipe_json(features.fingerprint(), dim, &features.to_json())?,
        graph: Graphs {
            whole: Graph {
                file: "whole.onnx".into(),
                input: tensor("frames", &["batch", "time"], dim),
                output: tensor("logits", &["batch"], interface.labels as u32),
            },
            stream: Some(stream),
        },
        calibration: Calibration::of_temperature(1.0),
        limits: Limits { min_frames: MIN_FRAMES as u32, max_frames: 30_000 },
        training: Training {
            dataset: "none".into(),
            protocol: "untrained".into(),
            seed: SEED as u32,
            train_speakers: vec!["none".into()],
            validation_speakers: vec!["nobody".into()],
            test_speakers: vec!["no one".into()],
            clips: 1,
            accuracy: 0.0,
            uar: 0.0,
            epochs: 1,
        },
        golden: None,
        profile: None,
        files: Default::default(),
    })
}

fn stream_graph(network: &Network, model: &StreamModel) -> StreamGraph {
    let interface = network.interface();
    let states = model.states.iter().map(|state| State {
        name_in: state.name_in.clone(),
        name_out: state.name_out.clone(),
        shape: state.shape.iter().map(|&length| length as u32).collect(),
    });
    StreamGraph {
        file: "stream.onnx".into(),
        input: tensor("frames", &["batch", "time"], interface.dim as u32),
        output: tensor("logits", &["batch"], interface.labels as u32),
        step_frames: network.frames_per_step() as u32,
        temperature: None,
        states: states.collect(),
    }
}

fn tensor(name: &str, free: &[&str], last: u32) -> Tensor {
    let free = free.iter().map(|dim| Dim::Named((*dim).into()));
    Tensor { name: name.into(), dims: free.chain([Dim::Fixed(last)]).collect() }
}
