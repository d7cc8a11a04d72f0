//! `bench`: one benchmark, optimised, against a staged tree.

use anyhow::Result;

use crate::process;
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

/// Runs the benchmark `name`; its own output goes to standard output, everything else to standard error.
pub(crate) fn run(workspace: &Workspace, name: &str, json: bool) -> Result<()> {
    let stage = stage::run(workspace, Profile::Release)?;
    let mut cargo = process::cargo(workspace);
    cargo.env("UNDERTONE_STAGE", stage);
    cargo.args(["run", "--release", "--package", "undertone-benches", "--", name]);
    if json {
        cargo.arg("--json");
    }
    process::run(&mut cargo)
}
