//! `bench`: one benchmark, optimised, against a staged tree.

use std::path::PathBuf;

use anyhow::Result;

use crate::peers;
use crate::postgres;
use crate::process;
use crate::python::{Environment, FEATURE_LIBRARIES, PYTORCH};
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

/// Those that measure against software in Python, and what it needs.
const IN_PYTHON: [(&str, Environment); 2] = [("features", FEATURE_LIBRARIES), ("train", PYTORCH)];
/// The one that is measured against other servers.
const PEERS: &str = "peers";
/// Those that measure no server and no plugin.
const WITHOUT_STAGE: [&str; 2] = ["experiments", "record"];
/// The one that measures every engine.
const ENGINES: &str = "engines";
/// Those that need a PostgreSQL.
const IN_POSTGRES: [&str; 2] = ["analytics", "record"];

/// What to run, and how.
pub(crate) struct Bench {
    /// Its name.
    pub(crate) name: String,
    /// Whether to print the JSON object only.
    pub(crate) json: bool,
    /// Whether a first look is enough.
    pub(crate) quick: bool,
    /// Where the bundles lie; the staged ones if not given.
    pub(crate) models_dir: Option<PathBuf>,
    /// Whether to measure bundles with random weights and graphs that carry state.
    pub(crate) untrained: bool,
    /// Where `clip` puts its times: the folder of models, each with its evidence.
    pub(crate) evidence: Option<PathBuf>,
    /// Answers of `analytics`; ten million if not given.
    pub(crate) rows: Option<u64>,
    /// The interpreter of a benchmark in [`IN_PYTHON`]; one is made in the cache if not given.
    pub(crate) python: Option<PathBuf>,
}

impl Bench {
    /// Runs the benchmark; its own output goes to standard output, everything else to standard error.
    pub(crate) fn run(self, workspace: &Workspace) -> Result<()> {
        let mut cargo = process::cargo(workspace);
        if !WITHOUT_STAGE.contains(&self.name.as_str()) {
            let with: &[&str] = if self.name == ENGINES { &stage::OPTIONAL } else { &[] };
            cargo.env("UNDERTONE_STAGE", stage::run(workspace, Profile::Release, with)?);
        }
        cargo.args(["run", "--release", "--package", "undertone-benches", "--", &self.name]);
        if self.json {
            cargo.arg("--json");
        }
        if self.quick {
            cargo.arg("--quick");
        }
        if self.untrained {
            cargo.arg("--untrained");
        }
        if let Some(models_dir) = self.models_dir {
            cargo.arg("--models-dir").arg(std::path::absolute(models_dir)?);
        }
        if let Some(evidence) = self.evidence {
            cargo.arg("--evidence").arg(std::path::absolute(evidence)?);
        }
        if let Some((_, environment)) = IN_PYTHON.iter().find(|(name, _)| *name == self.name) {
            let python = self.python.map_or_else(|| environment.provide(workspace), Ok)?;
            cargo.arg("--python").arg(std::path::absolute(python)?);
        }
        if let Some(rows) = self.rows {
            cargo.args(["--rows", &rows.to_string()]);
        }
        if IN_POSTGRES.contains(&self.name.as_str()) {
            cargo.env("PG_BIN", postgres::provide(workspace)?);
        }
        if self.name == PEERS {
            cargo.arg("--peers").arg(peers::provide(workspace)?);
        }
        process::run(&mut cargo)
    }
}
