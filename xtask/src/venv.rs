//! Virtual environments of Python, for what benchmarks measure against and tests run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::step;

/// A virtual environment, which may not be there yet.
pub(crate) struct VirtualEnvironment {
    folder: PathBuf,
}

impl VirtualEnvironment {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The environment in `folder` with what the file names, one package a line. It is made when it is missing or the file has
    /// changed; `then` is called with the packages when it was, and may fetch more into `folder`.
    pub(crate) fn with_requirements(
        folder: &Path,
        requirements: &Path,
        then: impl FnOnce(&Self, &[&str]) -> Result<()>,
    ) -> Result<Self> {
        let wanted =
            fs::read_to_string(requirements).with_context(|| format!("read {}", requirements.display()))?;
        let environment = Self::new(folder);
        // Written when all was installed, so what is there is whole.
        let stamp = folder.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(environment);
        }
        let lines = wanted.lines().filter(|line| !line.starts_with('#'));
        let packages: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        step(&format!("install {} into {}", packages.join(", "), folder.display()), || {
            environment.make(&packages)
        })?;
        then(&environment, &packages)?;
        fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
        Ok(environment)
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
