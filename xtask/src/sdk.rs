//! What the tests of the client libraries need from registries: installed once, into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::npm;
use crate::process;
use crate::progress::{note, step};
use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// Allows to go without: the client libraries then pass untested, and the console is not built, loudly.
pub(crate) const SKIP: &str = "UNDERTONE_SKIP_SDKS";
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
    runner.env(
        "UNDERTONE_SDK_NODE_MODULES",
        npm::node_modules(workspace, "sdk/typescript").with_context(advice)?,
    );
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
