//! The second part of `torture plugins`: the plugins of the repository under valgrind.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::progress::{note, step};
use crate::stage::Profile;
use crate::workspace::Workspace;

/// Runs of classifiers, with their plugins made and given back some dozens of times.
const RUNS: &str = "10000";
/// What valgrind ends with when it found something.
const FOUND: &str = "--error-exitcode=99";

/// Loads, runs and gives back the plugins of the staged tree; fails on any wrong access and on memory that nobody can reach
/// any more.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    if !process::succeeds(Command::new("valgrind").arg("--version")) {
        note("SKIPPED: valgrind is not installed; plugins are not watched for wrong accesses and leaks");
        return Ok(());
    }
    let suppressions = workspace.root.join("xtask/valgrind.supp");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", FOUND, "--leak-check=full", "--show-leak-kinds=definite"]);
    valgrind.arg("--errors-for-leak-kinds=definite");
    valgrind.arg(format!("--suppressions={}", suppressions.display()));
    valgrind.arg(workspace.target.join(Profile::Dev.folder()).join("examples/soak"));
    valgrind.arg(workspace.stage()).arg(RUNS).env("ORT_DISABLE_TELEMETRY", "1");
    step("run the plugins under valgrind", || process::run(&mut valgrind))
}
