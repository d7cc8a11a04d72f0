//! `undertone plugin run-case`: one case in this process, which may not survive it.

use super::outcome::spoken;
use super::subject::SubjectArgs;
use crate::cli::SettingsArgs;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_plugin_host::conformance::cases;
use undertone_plugin_host::isolation::limit_memory;
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct RunCaseArgs {
    library: PathBuf,
    case: String,
    #[command(flatten)]
    subject: SubjectArgs,
    /// Private memory that the process may have.
    #[arg(long)]
    memory_bytes: Option<u64>,
}

pub(super) fn run(args: &RunCaseArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    if let Some(bytes) = args.memory_bytes {
        limit_memory(bytes).context("the process's memory cannot be limited")?;
    }
    let subject = args.subject.subject(args.library.clone(), &settings.load(Vec::new())?);
    let case = cases().find(|case| case.name == args.case);
    let case = case.with_context(|| format!("there is no case {:?}", args.case))?;
    // What the plugin left unfinished on the line must not swallow the verdict.
    say!("\n{}", spoken(&case.run(&subject)));
    Ok(ExitCode::SUCCESS)
}
