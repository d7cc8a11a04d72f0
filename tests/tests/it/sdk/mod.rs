//! The client libraries in `sdk/`: their own suites, against the staged server.

mod assignment;
mod contract;
mod python;
mod rust;
mod typescript;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// A part that `cargo xtask test` has fetched. `None`, loudly, where it was told to go without.
pub(crate) fn provided(variable: &str) -> Option<OsString> {
    if std::env::var_os("UNDERTONE_SKIP_SDKS").is_some() {
        eprintln!("SKIPPED: UNDERTONE_SKIP_SDKS is set; this client library is not tested");
        return None;
    }
    let part = std::env::var_os(variable);
    Some(part.unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`, which fetches it")))
}

/// Runs to the end; fails with everything that was printed.
pub(crate) fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}\n{}\n{}", printed[0], printed[1]);
    println!("{}", printed[0]);
}

/// The only file in `folder`.
fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "one file in {}", folder.display());
    file
}
