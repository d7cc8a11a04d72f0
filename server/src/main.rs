//! `undertone`: the server and its command line.
#![forbid(unsafe_code)]

use clap::Parser;
use std::process::ExitCode;
use undertone::cli::Cli;
use undertone_terminal::{nobody_reads, sentence_of};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("undertone: the async runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(code) => code,
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone: {}", sentence_of(&error));
            ExitCode::FAILURE
        }
    }
}
