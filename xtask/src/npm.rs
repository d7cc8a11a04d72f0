//! Packages of Node.js projects: installed once per lock file, into the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

/// What has to be there.
pub(crate) const NEEDED: &str = "Node.js 20.19 or later with npm is needed: install nodejs and npm";

/// Whether there is an npm.
pub(crate) fn is_there() -> bool {
    process::succeeds(Command::new("npm").arg("--version"))
}

/// The `node_modules` of the project in `folder` below the root, as its lock file names them.
pub(crate) fn node_modules(workspace: &Workspace, folder: &str) -> Result<PathBuf> {
    let project = workspace.root.join(folder);
    let place = workspace.cache().join(folder.replace('/', "-"));
    let lock = project.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).with_context(|| format!("read {}", lock.display()))?;
    let modules = place.join("node_modules");
    // Written when all was installed, so what is there is whole.
    let stamp = place.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(modules);
    }
    fs::create_dir_all(&place).with_context(|| format!("create {}", place.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(project.join(file), place.join(file)).with_context(|| format!("copy {file}"))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&place).stdout(aside());
    step(&format!("install what {folder} needs"), || process::run(&mut npm)).context(NEEDED)?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(modules)
}

/// Runs a script of the project in `folder`.
pub(crate) fn run(folder: &Path, script: &str) -> Result<()> {
    let mut npm = Command::new("npm");
    process::run(npm.args(["run", "--silent", script]).current_dir(folder).stdout(aside()))
}

/// Where npm's words go: the output is that of the benchmark or the demo that the project is built for.
fn aside() -> Stdio {
    io::stderr().into()
}
