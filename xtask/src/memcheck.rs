//! `memcheck`: the plugins of the repository under valgrind.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::{note, step};
use crate::stage::Profile;
use crate::workspace::Workspace;

/// Runs of classifiers, as many of an instance as `undertone_tests::soak` says before it is given back. A quarter of an hour on two cores.
const RUNS: &str = "10000";

/// Loads, runs, swaps and gives back the plugins of the staged tree and the examples; fails on any wrong access, on memory that
/// nobody can reach any more, and on memory that grows with the work. `runs` is for a shorter look.
pub(crate) fn run(workspace: &Workspace, runs: Option<u32>) -> Result<()> {
    if !is_possible() {
        note("SKIPPED: valgrind is not installed; plugins are not watched for wrong accesses and leaks");
        return Ok(());
    }
    let soak = workspace.target.join(Profile::Dev.folder()).join("soak");
    let (stage, folder) = (workspace.stage(), workspace.target.join("memcheck"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    let mut watch = Command::new(soak);
    watch.arg("watch").arg(&stage).arg(&folder);
    watch.arg(runs.map_or_else(|| RUNS.to_owned(), |runs| runs.to_string()));
    // The tests' library finds the staged plugins by it.
    watch.env("UNDERTONE_STAGE", &stage);
    step("run the plugins under valgrind", || process::run(&mut watch))
}

/// Whether valgrind is installed.
pub(crate) fn is_possible() -> bool {
    process::succeeds(Command::new("valgrind").arg("--version"))
}
