//! Virtual environments of Python, for what the benchmarks measure against.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A virtual environment, which may not be there yet.
pub(crate) struct VirtualEnvironment {
    folder: PathBuf,
}

impl VirtualEnvironment {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }

    /// Makes it anew with these packages; nothing is compiled.
    pub(crate) fn make(&self, packages: &[impl AsRef<OsStr>]) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("remove {}", self.folder.display()))?;
        }
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&self.folder))
            .context("python3 with venv is needed: install python3-venv")?;
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        process::run(pip.args(["--only-binary", ":all:"]).args(packages))
    }
}
