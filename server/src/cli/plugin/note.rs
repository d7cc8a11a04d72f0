//! `undertone plugin note`

use crate::assembly::plugin_host;
use crate::cli::SettingsArgs;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct NoteArgs {
    /// Bundles that are served. Their extractors are loaded, and say what frames they make by the bundles' recipes.
    #[arg(required = true)]
    bundle: Vec<PathBuf>,
}

pub(super) fn run(args: &NoteArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let host = plugin_host(&settings.load(Vec::new())?);
    for path in host.note_features(&args.bundle)? {
        say!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
