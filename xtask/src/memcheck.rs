//! `memcheck`: the plugins of the repository under valgrind.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::{note, step};
use crate::stage::Profile;
use crate::workspace::Workspace;

/// Runs of classifiers; their plugins are made and given back after every few hundred of them. That takes some ten minutes of
/// processor time.
const RUNS: &str = "10000";
/// What valgrind ends with when it found something.
const FOUND: &str = "--error-exitcode=99";

/// Loads, runs, swaps and gives back the plugins of the staged tree; fails on any wrong access and on memory that nobody can
/// reach any more. `runs` is for a shorter look.
pub(crate) fn run(workspace: &Workspace, runs: Option<u32>) -> Result<()> {
    if !process::succeeds(Command::new("valgrind").arg("--version")) {
        note("SKIPPED: valgrind is not installed; plugins are not watched for wrong accesses and leaks");
        return Ok(());
    }
    let soak = workspace.target.join(Profile::Dev.folder()).join("soak");
    let (stage, folder) = (workspace.stage(), workspace.target.join("memcheck"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    process::run(Command::new(&soak).arg("prepare").arg(&stage).arg(&folder))?;
    let suppressions = workspace.root.join("xtask/valgrind.supp");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", FOUND, "--leak-check=full", "--show-leak-kinds=definite"]);
    valgrind.arg("--errors-for-leak-kinds=definite");
    valgrind.arg(format!("--suppressions={}", suppressions.display()));
    valgrind.arg(soak).arg("run").arg(stage).arg(folder);
    valgrind.arg(runs.map_or_else(|| RUNS.to_owned(), |runs| runs.to_string()));
    valgrind.env("ORT_DISABLE_TELEMETRY", "1");
    step("run the plugins under valgrind", || process::run(&mut valgrind))
}
