//! `undertone plugin`

mod check;
mod child;
mod outcome;
mod run_case;
mod sheet;
mod subject;

use super::SettingsArgs;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Go through the plugin contract with a library, case by case, each in a process of its own.
    Check(check::CheckArgs),
    /// Run one case in this process.
    #[command(hide = true)]
    RunCase(run_case::RunCaseArgs),
}

pub(super) async fn run(command: &PluginCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    match command {
        PluginCommand::Check(args) => check::run(args, settings).await,
        PluginCommand::RunCase(args) => run_case::run(args, settings),
    }
}
