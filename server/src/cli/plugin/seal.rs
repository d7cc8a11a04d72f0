//! `undertone plugin seal`

use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_bundle::Bundle;
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct SealArgs {
    /// The bundle's folder; its bundle.toml gets the checksums of all other files there.
    bundle: PathBuf,
}

pub(super) fn run(args: &SealArgs) -> anyhow::Result<ExitCode> {
    let bundle = Bundle::seal(&args.bundle)?;
    let manifest = bundle.manifest();
    say!("{}@{} is sealed: {} files", manifest.name, manifest.version, manifest.files.len());
    Ok(ExitCode::SUCCESS)
}
