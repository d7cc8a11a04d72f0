//! `undertone plugin`

mod check;
mod child;
mod new;
mod note;
mod outcome;
mod run_case;
mod seal;
mod sheet;
mod subject;

use super::SettingsArgs;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Go through the plugin contract with a library, case by case, each in a process of its own.
    Check(check::CheckArgs),
    /// Make the project of a plugin: it builds, keeps the contract, and can be served.
    New(new::NewArgs),
    /// Write the checksums of a bundle that was put together by hand.
    Seal(seal::SealArgs),
    /// Write down beside extractors' libraries what frames they make, so that bundles for others are refused unloaded.
    Note(note::NoteArgs),
    /// Run one case in this process.
    #[command(hide = true)]
    RunCase(run_case::RunCaseArgs),
}

pub(super) async fn run(command: &PluginCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    match command {
        PluginCommand::Check(args) => check::run(args, settings).await,
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Seal(args) => seal::run(args),
        PluginCommand::Note(args) => note::run(args, settings),
        PluginCommand::RunCase(args) => run_case::run(args, settings),
    }
}
