//! `cargo xtask`: the one door to everything that is done with this repository.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod checksum;
mod clients;
mod clip;
mod codegen;
mod console;
mod demo;
mod demo_experiment;
mod memcheck;
mod npm;
mod onnxruntime;
mod package;
mod peers;
mod postgres;
mod process;
mod progress;
mod prometheus;
mod python;
mod sdk;
mod server;
mod stage;
mod test;
mod tree;
mod venv;
mod walls;
mod wheel;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::stage::Profile;
use crate::workspace::Workspace;

/// The one door: show, test, check, measure, generate and package Undertone.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start a server, and recognise a clip with each model
    Demo {
        #[command(subcommand)]
        other: Option<Demo>,
        /// Stop the server and leave when the clip has been recognised
        #[arg(long)]
        once: bool,
    },
    /// Build everything and run all tests; ARGS go to the test runner
    Test {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Watch the plugins for wrong accesses and leaks with valgrind
    Memcheck {
        /// So many runs, in place of 10,000
        #[arg(long)]
        runs: Option<u32>,
    },
    /// Run the long form of a suite of faults under load: plugins, recording, streaming or swap
    Torture {
        /// Which one
        name: String,
        /// Optimised, for latencies that say something
        #[arg(long)]
        release: bool,
    },
    /// Check format, walls, generated code and lints
    Check {
        /// Only these: format, walls, codegen, lints
        names: Vec<String>,
    },
    /// Lay out a runnable tree: server, plugins, ONNX Runtime and models
    Stage {
        /// Build optimised
        #[arg(long)]
        release: bool,
        /// Also a plugin that takes long to build: tract
        #[arg(long, value_name = "PLUGIN")]
        with: Vec<String>,
    },
    /// Build the console, the pages that the server holds; a server that is built afterwards has them
    Console {
        /// Also make the pictures of docs/console.md anew, from what the browser tests see
        #[arg(long)]
        pictures: bool,
    },
    /// Generate the wire contract's Rust code, the plugin header and its reference
    Codegen {
        /// Write nothing; fail when a committed file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Run a benchmark
    Bench {
        name: String,
        /// Print one JSON object as the last line
        #[arg(long)]
        json: bool,
        /// Shorter runs, for a first look
        #[arg(long)]
        quick: bool,
        /// Where the bundles lie; those of the repository if not given
        #[arg(long)]
        models_dir: Option<PathBuf>,
        /// Bundles with random weights, made from the trainer's recipes, whose graphs carry state
        #[arg(long)]
        untrained: bool,
        /// Put the times of `clip` beside the evidence in this folder of models, for the trainer's reports
        #[arg(long)]
        evidence: Option<PathBuf>,
        /// Answers of `analytics`, where not ten million.
        #[arg(long)]
        rows: Option<u64>,
        /// The interpreter of `train` and `features`, with what they measure against; a cached one if not given
        #[arg(long)]
        python: Option<PathBuf>,
    },
    /// Make a tar archive to install on another machine
    Package {
        /// The folder to put the archive in; the target folder's `package` if not given
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Demo {
    /// Run the models of examples/experiments against each other at two servers that share one Postgres, on RAVDESS, to a decision
    Experiment {
        /// How many people speak
        #[arg(long, default_value_t = 4000)]
        subjects: usize,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    match task {
        Task::Demo { other: Some(Demo::Experiment { subjects }), .. } => {
            demo_experiment::run(&workspace, subjects)?;
        }
        Task::Demo { other: None, once } => demo::run(&workspace, once)?,
        Task::Test { args } => return test::run(&workspace, &args),
        Task::Memcheck { runs } => test::memcheck(&workspace, runs)?,
        Task::Torture { name, release } => {
            return test::torture(&workspace, &name, Profile::of(release));
        }
        Task::Check { names } => check::run(&workspace, &names)?,
        Task::Stage { release, with } => {
            let stage = stage::run(&workspace, Profile::of(release), &stage::known(&with)?)?;
            println!("{}", stage.display());
        }
        Task::Console { pictures: true } => return test::pictures(&workspace),
        Task::Console { pictures: false } => println!("{}", console::run(&workspace)?.display()),
        Task::Codegen { check } => codegen::run(&workspace, check)?,
        Task::Bench { name, json, quick, models_dir, untrained, evidence, rows, python } => {
            Bench { name, json, quick, models_dir, untrained, evidence, rows, python }.run(&workspace)?;
        }
        Task::Package { out } => package::run(&workspace, out)?,
    }
    Ok(ExitCode::SUCCESS)
}
