//! `undertone config`

use super::SettingsArgs;
use crate::start_check::refusals;
use clap::Subcommand;
use std::process::ExitCode;
use undertone_terminal::{say, sentence_of};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Name every mistake in the settings and the certificates that they name, or say that there is none.
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
            let refusals = refusals(&settings);
            if !refusals.is_empty() {
                refusals.iter().for_each(|refusal| eprintln!("{}", sentence_of(refusal)));
                return Ok(ExitCode::FAILURE);
            }
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
