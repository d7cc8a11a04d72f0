//! An epoch of training against the same network in PyTorch, on as many threads.

mod contest;
mod pytorch;
mod workload;

use crate::{Aim, Report, Run};
use anyhow::Result;
use contest::{Contest, Names};
use std::path::Path;
use workload::Workload;

const RUNS: usize = 7;
const THREADS: usize = 2;
const HEADLINE: &str = "vs_pytorch";
const RECIPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../trainer/recipes");

const CNN: Names = Names {
    ratio: "cnn_vs_pytorch",
    seconds: ["cnn_epoch_seconds", "cnn_pytorch_epoch_seconds"],
    losses: ["cnn_loss", "cnn_pytorch_loss"],
    cores: "cnn_pytorch_cores",
};
const LSTM: Names = Names {
    ratio: "lstm_vs_pytorch",
    seconds: ["lstm_epoch_seconds", "lstm_pytorch_epoch_seconds"],
    losses: ["lstm_loss", "lstm_pytorch_loss"],
    cores: "lstm_pytorch_cores",
};

/// Trains the networks of full context of both recipes on synthetic utterances, an epoch of ours and one of
/// PyTorch's in turns. `vs_pytorch` is our duration over PyTorch's, that of the network which does worse in
/// the run. `python` is an interpreter with torch and numpy.
///
/// An epoch is 36 steps of 32 utterances of 138 to 192 frames: normalisation, forward, cross-entropy, backward,
/// gradient clipping, AdamW, moving average; nothing is augmented.
///
/// Only an idle machine gives a fair ratio: PyTorch's threads wait for each other in loops, so a busy one slows it
/// down far more than ours. Where `*_pytorch_cores` stays far below the threads, other work was in the way.
pub fn measure_train(python: &Path) -> Result<Report> {
    let contest = |names, recipe: &str| {
        let workload = Workload::new(&Path::new(RECIPES).join(recipe), RUNS + 1, THREADS)?;
        Contest::new(names, workload, python)
    };
    let mut contests = [contest(CNN, "cnn.toml")?, contest(LSTM, "lstm.toml")?];
    let mut runs = Vec::with_capacity(RUNS);
    // The first run only warms both sides up.
    for run in 0..=RUNS {
        let mut figures = Run::new();
        for contest in &mut contests {
            figures.extend(contest.epoch()?);
        }
        figures.insert(HEADLINE, figures[CNN.ratio].max(figures[LSTM.ratio]));
        if run > 0 {
            runs.push(figures);
        }
    }
    let version = format!("torch {} with {THREADS} threads", contests[0].version());
    Ok(Report::new("train", [(HEADLINE, Aim::AtMost(1.5))], runs).against("pytorch", version))
}
