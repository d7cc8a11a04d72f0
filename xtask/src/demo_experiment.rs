//! `demo experiment`: two models against each other, from nothing to a decision.

use anyhow::Result;

use crate::postgres;
use crate::process;
use crate::progress::{note, step};
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

/// The program that plays the crowd; it lies with the tests, which play it in small.
const CROWD: [&str; 4] = ["--package", "undertone-tests", "--bin", "experiment-demo"];

/// Builds, starts two servers on one private Postgres, lets `subjects` people speak, and prints what the experiment says.
pub(crate) fn run(workspace: &Workspace, subjects: usize) -> Result<()> {
    let postgres = postgres::provide(workspace)?;
    note(&format!("PostgreSQL: {}", postgres.display()));
    let stage = stage::run(workspace, Profile::Dev, &[])?;
    step("build the crowd", || process::run(process::cargo(workspace).arg("build").args(CROWD)))?;
    let page = workspace.target.join("experiment.html");
    let mut crowd = process::cargo(workspace);
    crowd.args(["run", "--quiet"]).args(CROWD).arg("--").arg(subjects.to_string()).arg(page);
    crowd.env("PG_BIN", postgres).env("UNDERTONE_STAGE", stage).env("UNDERTONE_DATA", workspace.data());
    process::run(&mut crowd)
}
