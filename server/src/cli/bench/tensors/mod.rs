//! Loads of the Open Inference Protocol: requests about one tensor, by the clock, on any server that speaks it.

mod call;
mod json;
mod load;
mod question;
mod report;
mod table;
mod tally;

use super::{BenchArgs, Tensors, chart};
use crate::cli::connection::Target;
use anyhow::ensure;
use load::TensorLoad;
use question::Question;
use report::Report;
use undertone_terminal::{say, say_part};

/// Asks the server about its model, puts the loads on it, and tells what was found. False when nothing was answered.
pub(super) async fn run(args: &BenchArgs, tensors: &Tensors, server: Target) -> anyhow::Result<bool> {
    ensure!(
        !args.as_fast_as_accepted,
        "--as-fast-as-accepted is for --protocol undertone: requests go by the clock"
    );
    args.check_out()?;
    ensure!(args.clips.is_empty(), "recordings are sent with --protocol undertone only");
    ensure!(!args.duration.is_zero(), "--duration: give a time above 0");
    let question = Question::put_together(server.connect().await?.line(), &args.model, tensors).await?;
    let load = TensorLoad {
        server,
        question,
        connections: tensors.connections as usize,
        warm_up: args.warm_up,
        duration: args.duration,
    };
    let found = args.plan_of(tensors.rate).carry_out(&load, args.p99_below, !args.json).await?;
    let report = Report { load, bound: args.p99_below, found };
    if args.json {
        say!("{}", json::object(&report));
    } else {
        say_part!("{}\n{}", table::render(&report), chart::render(&report.curve()));
    }
    args.draw(&report.curve())?;
    Ok(report.found.is_answered())
}
