//! `check`: what can be said about the source without running it.

use anyhow::{Result, bail};

use crate::codegen;
use crate::process;
use crate::progress::step;
use crate::walls;
use crate::workspace::Workspace;

type Check = fn(&Workspace) -> Result<()>;

const CHECKS: [(&str, Check); 4] =
    [("format", format), ("walls", walls::check), ("codegen", generated_code), ("lints", lints)];

/// Runs the checks named in `only`, or every check if none is; also after one has failed. Fails with the names of those that did.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| CHECKS.iter().all(|(known, _)| known != name)) {
        bail!("no check is named {unknown}; there are {}", CHECKS.map(|(name, _)| name).join(", "));
    }
    let wanted =
        CHECKS.into_iter().filter(|(name, _)| only.is_empty() || only.iter().any(|wanted| wanted == name));
    let mut failed = Vec::new();
    for (name, check) in wanted {
        if let Err(error) = step(name, || check(workspace)) {
            eprintln!("error: {name}: {error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("all checks passed");
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
}

fn generated_code(workspace: &Workspace) -> Result<()> {
    codegen::run(workspace, true)
}

fn lints(workspace: &Workspace) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    process::run(cargo.args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}
