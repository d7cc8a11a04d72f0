//! `codegen`: the generated files that are committed.

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// Generates them anew, or with `check` only compares.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    cargo.args(["run", "--quiet", "--package", "undertone-codegen", "--"]);
    if check {
        cargo.arg("--check");
    }
    process::run(&mut cargo)
}
