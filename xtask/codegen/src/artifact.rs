//! A generated file: where it is committed and what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One generated file.
pub(crate) struct Artifact {
    /// Path below the repository root.
    pub(crate) path: PathBuf,
    /// The whole contents.
    pub(crate) contents: Vec<u8>,
}

impl Artifact {
    fn is_current(&self, root: &Path) -> bool {
        fs::read(root.join(&self.path)).is_ok_and(|committed| committed == self.contents)
    }
}

/// Writes the files whose contents differ. A file that is equal keeps its modification time, so nothing is rebuilt for it.
pub(crate) fn write(root: &Path, artifacts: &[Artifact]) -> Result<()> {
    for artifact in artifacts.iter().filter(|artifact| !artifact.is_current(root)) {
        let target = root.join(&artifact.path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        fs::write(&target, &artifact.contents).with_context(|| format!("write {}", target.display()))?;
        println!("wrote {}", artifact.path.display());
    }
    Ok(())
}

/// Fails when a committed file differs from what its source generates.
pub(crate) fn check(root: &Path, artifacts: &[Artifact]) -> Result<()> {
    let stale: Vec<String> = artifacts
        .iter()
        .filter(|artifact| !artifact.is_current(root))
        .map(|artifact| artifact.path.display().to_string())
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    bail!("out of date, run `cargo xtask codegen`: {}", stale.join(", "))
}
