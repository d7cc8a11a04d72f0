//! PyTorch, which the benchmark `train` measures against: installed once, into a virtual environment in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

const REQUIREMENTS: [&str; 2] = ["torch==2.15.0", "numpy==2.4.6"];
/// Succeeds where what is required has been installed to the end.
const PROBE: &str = "import numpy, torch; assert torch.__version__.split('+')[0] == '2.15.0'";

/// The interpreter of the cached environment, which is made when it is missing or not whole.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.cache().join("bench-train");
    let python = folder.join("bin").join("python");
    if !process::succeeds(Command::new(&python).args(["-c", PROBE])) {
        let title = format!("install PyTorch into {}, about 3 GB to fetch", folder.display());
        step(&title, || install(&folder, &python))
            .context("PyTorch was not installed; --python may name an interpreter that has it")?;
    }
    Ok(python)
}

fn install(folder: &Path, python: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .context("python3 with venv is needed: install python3-venv")?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
    process::run(pip.args(REQUIREMENTS))?;
    ensure!(
        process::succeeds(Command::new(python).args(["-c", PROBE])),
        "what was installed cannot be imported"
    );
    Ok(())
}
