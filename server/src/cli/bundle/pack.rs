//! `undertone bundle pack`

use super::source::summary;
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_bundle::{ARCHIVE_ENDING, Bundle};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct PackArgs {
    /// The bundle's folder.
    bundle: PathBuf,
    /// The archive; NAME-VERSION.tar.zst when not given.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &PackArgs) -> anyhow::Result<ExitCode> {
    let bundle = Bundle::open(&args.bundle)?;
    let manifest = bundle.manifest();
    let named = || PathBuf::from(format!("{}-{}{ARCHIVE_ENDING}", manifest.name, manifest.version));
    let out = args.out.clone().unwrap_or_else(named);
    if !out.to_string_lossy().ends_with(ARCHIVE_ENDING) {
        bail!("{}: the name of an archive ends in {ARCHIVE_ENDING}", out.display());
    }
    let archive = bundle.pack()?;
    // A server that watches the folder sees the whole file or none.
    let unfinished = out.with_extension("unfinished");
    std::fs::write(&unfinished, &archive)
        .and_then(|()| std::fs::rename(&unfinished, &out))
        .with_context(|| format!("{} cannot be written", out.display()))?;
    say!("{}; packed into {}: {} bytes", summary(&bundle)?, out.display(), archive.len());
    Ok(ExitCode::SUCCESS)
}
