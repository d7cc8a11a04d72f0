//! PyTorch, which the benchmark `train` measures against: installed once, into a virtual environment in the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::progress::step;
use crate::venv::Environment;
use crate::workspace::Workspace;

const REQUIREMENTS: [&str; 2] = ["torch==2.15.0", "numpy==2.4.6"];
/// Succeeds where what is required has been installed to the end.
const PROBE: &str = "import numpy, torch; assert torch.__version__.split('+')[0] == '2.15.0'";

/// The interpreter of the cached environment, which is made when it is missing or not whole.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.cache().join("bench-train");
    let environment = Environment::new(&folder);
    if !is_whole(&environment) {
        let title = format!("install PyTorch into {}, about 3 GB to fetch", folder.display());
        step(&title, || install(&environment))
            .context("PyTorch was not installed; --python may name an interpreter that has it")?;
    }
    Ok(environment.python())
}

fn install(environment: &Environment) -> Result<()> {
    environment.make(&REQUIREMENTS)?;
    ensure!(is_whole(environment), "what was installed cannot be imported");
    Ok(())
}

fn is_whole(environment: &Environment) -> bool {
    process::succeeds(Command::new(environment.python()).args(["-c", PROBE]))
}
