//! `test`: everything built once, staged, and tested.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::clients;
use crate::console;
use crate::memcheck;
use crate::postgres;
use crate::process;
use crate::progress::{note, step};
use crate::prometheus;
use crate::sdk;
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

/// What is built. Test targets are part of it, so that features unify once and nothing is compiled a second time for the runner.
const BUILT: [&str; 5] = ["--workspace", "--lib", "--bins", "--tests", "--examples"];

/// The package of the suites of faults, which is all that is built and run optimised.
const TORTURED: &str = "undertone-tests";
/// Suites of faults under load; a short form of each runs with all tests.
const TORTURES: [&str; 4] = ["plugins", "recording", "streaming", "swap"];
/// Tells the tests that the long form is asked for.
const LONG_FORM: &str = "UNDERTONE_TORTURE";

/// Runs all tests; `args` go to the runner, whose closing lines are the last ones printed and whose verdict is returned.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut runner = prepare(workspace, Profile::Dev)?;
    Ok(if passes(runner.args(args))? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the long form of a suite of faults under load.
pub(crate) fn torture(workspace: &Workspace, name: &str, profile: Profile) -> Result<ExitCode> {
    ensure!(TORTURES.contains(&name), "there is no torture {name:?}; there is {}", TORTURES.join(", "));
    let mut runner = prepare(workspace, profile)?;
    runner.arg(format!("torture::{name}")).env(LONG_FORM, "1");
    // What a suite counted is what it is run for.
    match has_nextest(workspace) {
        true => runner.args(["--profile", "torture"]),
        false => runner.args(["--", "--nocapture"]),
    };
    if !passes(&mut runner)? {
        return Ok(ExitCode::FAILURE);
    }
    if name == "plugins" && profile == Profile::Dev {
        memcheck::run(workspace, None)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Has the browser tests of the console make its pictures anew, and keeps those that docs/console.md shows.
pub(crate) fn pictures(workspace: &Workspace) -> Result<ExitCode> {
    let mut runner = prepare(workspace, Profile::Dev)?;
    if !passes(runner.arg("console::"))? {
        return Ok(ExitCode::FAILURE);
    }
    console::keep_pictures(workspace)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the plugins under valgrind.
pub(crate) fn memcheck(workspace: &Workspace, runs: Option<u32>) -> Result<()> {
    build_and_stage(workspace, Profile::Dev)?;
    memcheck::run(workspace, runs)
}

/// Builds and stages everything; gives the runner of the tests.
fn prepare(workspace: &Workspace, profile: Profile) -> Result<Command> {
    let postgres = postgres::provide(workspace)?;
    note(&format!("PostgreSQL: {}", postgres.display()));
    let prometheus = prometheus::provide(workspace);
    build_and_stage(workspace, profile)?;
    warn_without_corpus(workspace);
    if !memcheck::is_possible() {
        note("SKIPPED: valgrind is not installed; the test that watches plugins for leaks passes untested");
    }

    let mut runner = runner(workspace, profile);
    runner.env("PG_BIN", postgres).env("UNDERTONE_STAGE", workspace.stage());
    runner.env("UNDERTONE_DATA", workspace.data());
    if let Some(prometheus) = prometheus {
        runner.env("PROMETHEUS_BIN", prometheus);
    }
    console::tell(workspace, &mut runner);
    sdk::provide(workspace, &mut runner)?;
    clients::provide(workspace, &mut runner)?;
    Ok(runner)
}

fn build_and_stage(workspace: &Workspace, profile: Profile) -> Result<()> {
    console::provide(workspace)?;
    match profile {
        Profile::Dev => {
            step("build everything", || process::run(process::cargo(workspace).arg("build").args(BUILT)))?;
            stage::lay_out(workspace, profile, &stage::OPTIONAL)?;
        }
        Profile::Release => {
            stage::run(workspace, profile, &stage::OPTIONAL)?;
            step("build the suites (release)", || process::run(&mut suites(workspace)))?;
        }
    }
    stage::add_test_plugins(workspace, profile)
}

/// Builds the suites of faults and the plugins that they load, optimised.
fn suites(workspace: &Workspace) -> Command {
    let mut cargo = process::cargo(workspace);
    cargo.args(["build", "--release", "--lib", "--bins", "--tests", "--examples", "--package", TORTURED]);
    for member in stage::test_plugins(workspace) {
        cargo.args(["--package", &member.name]);
    }
    cargo
}

fn passes(runner: &mut Command) -> Result<bool> {
    Ok(runner.status().context("cannot start the test runner")?.success())
}

/// The runner hides what a passing test prints, so what is missing is said here.
fn warn_without_corpus(workspace: &Workspace) {
    let corpus = workspace.data().join("ravdess");
    if !corpus.is_dir() {
        note(&format!(
            "SKIPPED: RAVDESS not found at {}; tests that read it pass untested",
            corpus.display()
        ));
    }
}

fn has_nextest(workspace: &Workspace) -> bool {
    process::succeeds(process::cargo(workspace).args(["nextest", "--version"]))
}

fn runner(workspace: &Workspace, profile: Profile) -> Command {
    let mut cargo = process::cargo(workspace);
    let nextest = has_nextest(workspace);
    match nextest {
        true => cargo.args(["nextest", "run"]),
        false => cargo.args(["test", "--no-fail-fast"]),
    };
    match profile {
        Profile::Release => cargo.args(["--release", "--tests", "--package", TORTURED]),
        Profile::Dev if nextest => cargo.arg("--workspace"),
        Profile::Dev => cargo.args(BUILT),
    };
    cargo
}
