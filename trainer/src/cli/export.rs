//! `export`: a checkpoint as an ONNX file.

use anyhow::Context;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use undertone_trainer::Ensemble;
use undertone_trainer::training::Run;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A checkpoint of a training.
    checkpoint: PathBuf,
    /// File to write.
    #[arg(long, value_name = "FILE.onnx")]
    out: PathBuf,
    /// Write the graph that carries state from call to call; for a causal network.
    #[arg(long)]
    stateful: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let run = Run::load(&arguments.checkpoint, None)?;
    let network = run.averaged();
    let graph = match arguments.stateful {
        true => network.to_stream_onnx().context("the network is not causal")?.graph,
        false => Ensemble::from(network).to_onnx(),
    };
    fs::write(&arguments.out, graph).with_context(|| format!("cannot write {}", arguments.out.display()))
}
