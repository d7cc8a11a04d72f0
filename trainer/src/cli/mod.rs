//! The command line: one file per command.

mod calibrate;
mod crossval;
mod evaluate;
mod export;
mod fetch;
mod folds;
mod forward;
mod material;
mod profile;
mod progress;
mod quantize;
mod quoted;
mod report;
mod sheet;
mod train;

use clap::{Parser, Subcommand};

/// Turns labelled speech into bundles that Undertone loads.
#[derive(Debug, Parser)]
#[command(name = "undertone-trainer", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download a published data set, verify it and unpack it.
    Fetch(fetch::Arguments),
    /// Train the networks of a recipe and write their bundle.
    Train(Box<train::Arguments>),
    /// Train the folds of a protocol and write down what they say about clips they never heard.
    Crossval(crossval::Arguments),
    /// Write a bundle again with temperature and thresholds from a cross-validation.
    Calibrate(calibrate::Arguments),
    /// Measure a finished training again on its held-out speakers.
    Evaluate(evaluate::Arguments),
    /// Write a bundle again with weights in 8 bits.
    Quantize(quantize::Arguments),
    /// Write into a bundle what the clips that it learnt from are like, which servers compare with what they hear.
    Profile(profile::Arguments),
    /// Write what finished networks say about clips, which their bundle is held to.
    Forward(forward::Arguments),
    /// Write the graph of a checkpoint as an ONNX file.
    Export(export::Arguments),
    /// Compute every published figure from the predictions and write the report, or check the one that is there.
    Report(Box<report::Arguments>),
}

impl Cli {
    /// Carries the command out.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match &self.command {
            Command::Fetch(arguments) => fetch::run(arguments),
            Command::Train(arguments) => train::run(arguments),
            Command::Crossval(arguments) => crossval::run(arguments),
            Command::Calibrate(arguments) => calibrate::run(arguments),
            Command::Evaluate(arguments) => evaluate::run(arguments),
            Command::Quantize(arguments) => quantize::run(arguments),
            Command::Profile(arguments) => profile::run(arguments),
            Command::Forward(arguments) => forward::run(arguments),
            Command::Export(arguments) => export::run(arguments),
            Command::Report(arguments) => report::run(arguments),
        }
    }
}
