//! The servers that the benchmark `peers` measures against: each in a virtual environment of its own below the target folder.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// Each with a file of requirements in `benches/peers`.
const PEERS: [&str; 2] = ["mlserver", "pytriton"];

/// The folder of the environments, which are made when they are missing or their requirements have changed.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("peers");
    for peer in PEERS {
        let requirements = workspace.root.join("benches/peers").join(peer).with_extension("txt");
        VirtualEnvironment::with_requirements(&folder.join(peer), &requirements, |_, _| Ok(()))
            .with_context(|| format!("{peer} was not installed"))?;
    }
    Ok(folder)
}
