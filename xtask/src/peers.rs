//! The servers that the benchmark `peers` measures against: each in a virtual environment of its own below the target folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::progress::step;
use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// Each with a file of requirements in `benches/peers`.
const PEERS: [&str; 2] = ["mlserver", "pytriton"];

/// The folder of the environments, which are made when they are missing or their requirements have changed.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("peers");
    for peer in PEERS {
        let requirements = workspace.root.join("benches/peers").join(peer).with_extension("txt");
        one(&folder.join(peer), &requirements).with_context(|| format!("{peer} was not installed"))?;
    }
    Ok(folder)
}

fn one(folder: &Path, requirements: &Path) -> Result<()> {
    let wanted =
        fs::read_to_string(requirements).with_context(|| format!("read {}", requirements.display()))?;
    // Written when all was installed, so what is there is whole.
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let environment = VirtualEnvironment::new(folder);
    let packages: Vec<&str> = wanted.split_whitespace().collect();
    step(&format!("install {} into {}", packages.join(", "), folder.display()), || {
        environment.make(&packages)
    })?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))
}
