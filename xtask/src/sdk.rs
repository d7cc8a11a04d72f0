//! What the tests of the client libraries need from registries: installed once, into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::{note, step};
use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// Allows to go without: the tests of the client libraries then pass untested, loudly.
const SKIP: &str = "UNDERTONE_SKIP_SDKS";
/// Where Debian and others put the browser.
const CHROMIUM: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
/// What the Python client's wheel needs when it is installed alone; the versions stand in its requirements.
const RUNTIME: [&str; 4] = ["grpcio", "protobuf", "googleapis-common-protos", "typing_extensions"];

/// Tells the runner of the tests where the parts are; fetches what is missing.
pub(crate) fn provide(workspace: &Workspace, runner: &mut Command) -> Result<()> {
    if are_skipped() {
        note(&format!(
            "SKIPPED: {SKIP} is set; the client libraries in sdk/ and other people's clients pass untested"
        ));
        return Ok(());
    }
    let advice = || advice("the client libraries");
    let python = python(workspace).with_context(advice)?;
    runner.env("UNDERTONE_SDK_PYTHON", python.environment.python()).env("UNDERTONE_WHEELS", python.wheels);
    runner.env("UNDERTONE_SDK_NODE_MODULES", node_modules(workspace).with_context(advice)?);
    if !CHROMIUM.iter().any(|program| Path::new(program).is_file()) {
        note(
            "SKIPPED: there is no Chromium; the TypeScript client is not tested in a browser. Install Debian's package `chromium`",
        );
    }
    Ok(())
}

/// Whether the tests of clients go without what they need.
pub(crate) fn are_skipped() -> bool {
    std::env::var_os(SKIP).is_some()
}

/// What to do where a part of the tests of `clients` cannot be had.
pub(crate) fn advice(clients: &str) -> String {
    format!("the tests of {clients} need it; with {SKIP}=1 they are passed over")
}

/// The packages that the TypeScript client is built and tested with, as its lock file names them.
fn node_modules(workspace: &Workspace) -> Result<PathBuf> {
    let project = workspace.root.join("sdk/typescript");
    let folder = workspace.cache().join("sdk-typescript");
    let lock = project.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).with_context(|| format!("read {}", lock.display()))?;
    let modules = folder.join("node_modules");
    // Written when all was installed, so what is there is whole.
    let stamp = folder.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(modules);
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(project.join(file), folder.join(file)).with_context(|| format!("copy {file}"))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder);
    step("install what the TypeScript client needs", || process::run(&mut npm))
        .context("node 20 or later with npm is needed: install nodejs and npm")?;
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(modules)
}

/// The parts of the Python client.
struct Python {
    environment: VirtualEnvironment,
    /// A folder of wheels, for an environment that has nothing yet.
    wheels: PathBuf,
}

fn python(workspace: &Workspace) -> Result<Python> {
    let folder = workspace.cache().join("sdk-python");
    let requirements = workspace.root.join("sdk/python/tests/requirements.txt");
    let wheels = folder.join("wheels");
    let environment =
        VirtualEnvironment::with_requirements(&folder, &requirements, |environment, packages| {
            fetch_wheels(environment, packages, &folder.join("wheels"))
        })?;
    Ok(Python { environment, wheels })
}

fn fetch_wheels(environment: &VirtualEnvironment, packages: &[&str], wheels: &Path) -> Result<()> {
    fs::create_dir_all(wheels).with_context(|| format!("create {}", wheels.display()))?;
    let needed =
        packages.iter().filter(|package| RUNTIME.iter().any(|own| package.starts_with(&format!("{own}=="))));
    let mut pip = Command::new(environment.python());
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--dest"]).arg(wheels).args(needed);
    step("fetch the wheels that the Python client needs", || process::run(&mut pip))
}
