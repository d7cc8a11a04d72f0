//! `undertone-train`: from labelled speech to a bundle.
#![forbid(unsafe_code)]

mod cli;

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Command, Fit, Training};
use std::time::Instant;
use undertone_trainer::training::EpochReport;

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Fit(fit) => run_fit(&fit),
        Command::Evaluate(training) => run_evaluate(&training),
    }
}

fn run_fit(fit: &Fit) -> anyhow::Result<()> {
    let sheet = fit.sheet()?;
    let job = fit.training.job();
    let epochs = job.plan.epochs;
    let mut before = Instant::now();
    let mut progress = |report: &EpochReport| {
        let seconds = before.elapsed().as_secs_f64();
        before = Instant::now();
        print_progress(report, epochs, seconds);
    };
    let trained = job.train(fit.checkpoints(), &mut progress).context("training failed")?;
    let report = trained.write_bundle(&fit.out, &sheet).context("cannot ship the network")?;
    println!(
        "{}: test accuracy {:.3}, UAR {:.3} over {} clips",
        fit.out.display(),
        report.test.accuracy,
        report.test.uar,
        report.test.clips
    );
    Ok(())
}

fn run_evaluate(training: &Training) -> anyhow::Result<()> {
    let report = training.job().trained().and_then(|trained| trained.report()).context("cannot measure")?;
    print!("{}", report.to_json());
    Ok(())
}

fn print_progress(report: &EpochReport, epochs: usize, seconds: f64) {
    let remaining = seconds * (epochs - report.epoch) as f64 / 60.0;
    let validation =
        report.validation_accuracy.map_or(String::from("-"), |accuracy| format!("{accuracy:.3}"));
    println!(
        "epoch {}/{epochs}: loss {:.4}, accuracy {:.3} training, {validation} validation; {seconds:.1} s, \
         {remaining:.0} min left",
        report.epoch, report.loss, report.training_accuracy
    );
}
