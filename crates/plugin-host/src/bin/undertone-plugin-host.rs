//! `undertone-plugin-host`: the process that runs a plugin apart from the server. Only the server starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    match undertone_plugin_host::isolation::serve(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone-plugin-host: {error}");
            ExitCode::from(2)
        }
    }
}
