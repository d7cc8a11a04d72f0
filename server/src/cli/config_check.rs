//! `undertone config`

use super::SettingsArgs;
use crate::start_check::refusals;
use clap::Subcommand;
use std::process::ExitCode;
use undertone_terminal::{say, sentence_of};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Name every mistake in the settings; where there is none, what a start would refuse, such as certificates that cannot be read.
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
            if *show {
                say!("{settings:#?}");
            }
            if refusals.is_empty() {
                say!("the settings are valid");
                return Ok(ExitCode::SUCCESS);
            }
            refusals.iter().for_each(|refusal| eprintln!("{}", sentence_of(refusal)));
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}
