//! `undertone config`

use super::SettingsArgs;
use super::console::say;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Name every mistake in the settings, or say that there is none.
    Check {
        /// Show the settings that would be used; secrets are hidden.
        #[arg(long)]
        show: bool,
    },
}

pub(super) fn run(command: &ConfigCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Check { show } = command;
    match settings.load(Vec::new()) {
        Ok(settings) => {
            say!("the settings are valid");
            if *show {
                say!("{settings:#?}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}
