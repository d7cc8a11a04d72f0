//! `undertone-trainer`: from labelled speech to a bundle.
#![forbid(unsafe_code)]

mod cli;

use clap::Parser;
use cli::Cli;
use std::process::ExitCode;
use undertone_terminal::{nobody_reads, sentence_of};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        // What a command prints through `say` it prints when its work is done.
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone-trainer: {}", sentence_of(&error));
            ExitCode::FAILURE
        }
    }
}
