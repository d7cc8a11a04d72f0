//! Software in Python that benchmarks measure against: each set is installed once, into the cache.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::progress::step;
use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// What PyTorch needs to train beside us.
pub(crate) const PYTORCH: Environment = Environment {
    folder: "bench-train",
    packages: &[("torch", "2.15.0"), ("numpy", "2.4.6")],
    fetched: "about 3 GB",
};

/// Libraries that compute log-mel frames.
pub(crate) const FEATURE_LIBRARIES: Environment = Environment {
    folder: "bench-features",
    packages: &[("kaldi-native-fbank", "1.23.0"), ("librosa", "0.11.0"), ("numpy", "2.4.6")],
    fetched: "about 150 MB",
};

/// A set of packages.
pub(crate) struct Environment {
    folder: &'static str,
    /// Names and versions.
    packages: &'static [(&'static str, &'static str)],
    /// How much an installation has to fetch.
    fetched: &'static str,
}

impl Environment {
    /// The interpreter of the cached environment, which is made when it is missing or not whole.
    pub(crate) fn provide(&self, workspace: &Workspace) -> Result<PathBuf> {
        let folder = workspace.cache().join(self.folder);
        let environment = VirtualEnvironment::new(&folder);
        if !self.is_whole(&environment.python()) {
            let names: Vec<&str> = self.packages.iter().map(|(name, _)| *name).collect();
            let (names, fetched) = (names.join(", "), self.fetched);
            let title = format!("install {names} into {}, {fetched} to fetch", folder.display());
            step(&title, || self.install(&environment))
                .context("it was not installed; --python may name an interpreter that has what is needed")?;
        }
        Ok(environment.python())
    }

    fn install(&self, environment: &VirtualEnvironment) -> Result<()> {
        let packages: Vec<String> =
            self.packages.iter().map(|(name, version)| format!("{name}=={version}")).collect();
        environment.make(&packages)?;
        ensure!(self.is_whole(&environment.python()), "what was installed is not what was asked for");
        Ok(())
    }

    /// Whether every package is there in its version; a local suffix (`+cpu`) does not count.
    fn is_whole(&self, python: &Path) -> bool {
        let checks: Vec<String> = self
            .packages
            .iter()
            .map(|(name, version)| format!("assert version('{name}').split('+')[0] == '{version}'"))
            .collect();
        let probe = format!("from importlib.metadata import version\n{}", checks.join("\n"));
        process::succeeds(Command::new(python).args(["-c", &probe]))
    }
}
