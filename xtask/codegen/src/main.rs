//! Writes the code that is generated and committed: the Rust side of the wire contract, its descriptor set, and the
//! C header of the plugin contract with the list of its functions, the list of metrics, and that of the dashboards' panels.
//! With `--check` it writes nothing and fails when a committed file is out of date.
//!
//! This is a package of its own so that `cargo xtask` builds without the protobuf compiler and cbindgen.
#![forbid(unsafe_code)]

mod artifact;
mod dashboards;
mod header;
mod metrics;
mod reference;
mod wire;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let check = parse_arguments()?;
    // Cargo's own word at run time: with a target folder shared by two checkouts, what was compiled in may name the other.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask codegen`")?;
    let root = Path::new(&package).join("../..").canonicalize()?;
    let mut artifacts = wire::generate(&root)?;
    let header = header::generate(&root)?;
    artifacts.push(reference::generate(&root, &header.contents)?);
    artifacts.push(header);
    artifacts.push(metrics::generate()?);
    artifacts.push(dashboards::generate(&root)?);
    if check { artifact::check(&root, &artifacts) } else { artifact::write(&root, &artifacts) }
}

fn parse_arguments() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        ["--check"] => Ok(true),
        other => bail!("expected nothing or --check, got {}", other.join(" ")),
    }
}
