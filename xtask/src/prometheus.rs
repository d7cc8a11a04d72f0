//! Prometheus's programs for the tests of metrics, alert rules and dashboards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::progress::{note, step};
use crate::workspace::Workspace;

/// Programs that the tests run.
const PROGRAMS: [&str; 2] = ["prometheus", "promtool"];
/// Where the package keeps them.
const PACKAGED: &str = "usr/bin";

/// The folder that holds `prometheus` and `promtool`: `PROMETHEUS_BIN`, an installed one, else Debian's package, which is unpacked
/// and not installed, so that no service starts. `None` where it cannot be had; the tests that need it say so then.
pub(crate) fn provide(workspace: &Workspace) -> Option<PathBuf> {
    let named = std::env::var_os("PROMETHEUS_BIN").map(PathBuf::from);
    if let Some(found) = named.or_else(installed).and_then(complete) {
        return Some(found);
    }
    let cached = workspace.cache().join("prometheus");
    if let Some(found) = complete(cached.join(PACKAGED)) {
        return Some(found);
    }
    match step("fetch Prometheus", || fetch(&cached)) {
        Ok(found) => Some(found),
        Err(error) => {
            note(&format!("SKIPPED: tests of alert rules and dashboards need Prometheus: {error:#}"));
            None
        }
    }
}

/// The folder itself when it holds what the tests need.
fn complete(folder: PathBuf) -> Option<PathBuf> {
    PROGRAMS.iter().all(|program| folder.join(program).is_file()).then_some(folder)
}

fn installed() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find_map(complete)
}

fn fetch(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let download = || {
        process::run(
            Command::new("apt-get").args(["download", "--quiet=2", "prometheus"]).current_dir(folder),
        )
    };
    if download().is_err() {
        process::run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
        download()?;
    }
    let packages = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let package = packages.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "deb"));
    let package = package.context("apt-get download left no package")?;
    process::run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(folder))?;
    fs::remove_file(package)?;
    let programs = folder.join(PACKAGED);
    ensure!(complete(programs.clone()).is_some(), "the package holds no {}", PROGRAMS.join(" and "));
    Ok(programs)
}
