//! `test`: everything built once, staged, and tested.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::postgres;
use crate::process;
use crate::progress::{note, step};
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

/// What is built. Test targets are part of it, so that features unify once and nothing is compiled a second time for the runner.
const BUILT: [&str; 5] = ["--workspace", "--lib", "--bins", "--tests", "--examples"];

/// Runs all tests; `args` go to the runner, whose closing lines are the last ones printed and whose verdict is returned.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let postgres = postgres::provide(workspace)?;
    note(&format!("PostgreSQL: {}", postgres.display()));
    step("build everything", || process::run(process::cargo(workspace).arg("build").args(BUILT)))?;
    stage::lay_out(workspace, Profile::Dev)?;
    stage::add_bad_plugins(workspace)?;
    warn_without_corpus(workspace);

    let mut runner = runner(workspace);
    runner.args(args).env("PG_BIN", postgres).env("UNDERTONE_STAGE", workspace.stage());
    runner.env("UNDERTONE_DATA", workspace.data());
    let status = runner.status().context("cannot start the test runner")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The runner hides what a passing test prints, so what is missing is said here.
fn warn_without_corpus(workspace: &Workspace) {
    let corpus = workspace.data().join("ravdess");
    if !corpus.is_dir() {
        note(&format!(
            "SKIPPED: RAVDESS not found at {}; tests that read it pass untested",
            corpus.display()
        ));
    }
}

fn runner(workspace: &Workspace) -> Command {
    let mut cargo = process::cargo(workspace);
    if process::succeeds(process::cargo(workspace).args(["nextest", "--version"])) {
        cargo.args(["nextest", "run", "--workspace"]);
    } else {
        cargo.args(["test", "--no-fail-fast"]).args(BUILT);
    }
    cargo
}
