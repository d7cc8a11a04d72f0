//! Clients of other people that tests put to the server: installed once, into the cache.

use std::process::Command;

use anyhow::{Context, Result};

use crate::sdk;
use crate::venv::VirtualEnvironment;
use crate::workspace::Workspace;

/// Tells the runner of the tests where their interpreter is; fetches what is missing.
pub(crate) fn provide(workspace: &Workspace, runner: &mut Command) -> Result<()> {
    if sdk::are_skipped() {
        return Ok(());
    }
    let folder = workspace.cache().join("third-party-clients");
    let requirements = workspace.root.join("tests/clients/requirements.txt");
    let environment = VirtualEnvironment::with_requirements(&folder, &requirements, |_, _| Ok(()));
    let environment = environment.with_context(|| sdk::advice("clients of other people"))?;
    runner.env("UNDERTONE_CLIENTS_PYTHON", environment.python());
    Ok(())
}
