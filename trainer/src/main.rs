//! `undertone-trainer`: from labelled speech to a bundle.
#![forbid(unsafe_code)]

mod cli;

use clap::Parser;
use cli::Cli;
use std::process::ExitCode;
use undertone_terminal::sentence_of;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone-trainer: {}", sentence_of(&error));
            ExitCode::FAILURE
        }
    }
}
