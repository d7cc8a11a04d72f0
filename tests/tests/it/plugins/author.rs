//! From nothing to a plugin, as an author does it.

use super::undertone;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use undertone_tests::{repository, stage};

/// The commands of a page: everything in its blocks marked `sh`.
fn commands_of(page: &Path) -> String {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.collect::<Vec<_>>().join("\n")
}

/// Folders that the page's readers have set up, without which Cargo would ask the network.
fn shell(folder: &Path, script: &str) -> Command {
    let bin = stage().unwrap().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(folder);
    command.env("PATH", format!("{}:{path}", bin.display()));
    command.env("UNDERTONE", repository().canonicalize().unwrap());
    command.env("STAGE", stage().unwrap());
    command.env("UNDERTONE_PLUGIN_SDK", repository().join("crates/plugin-sdk"));
    command.env("CARGO_NET_OFFLINE", "true").env("NO_COLOR", "1").env("ORT_DISABLE_TELEMETRY", "1");
    for variable in ["CARGO_TARGET_DIR", "CARGO_MANIFEST_DIR", "RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(variable);
    }
    command
}

#[test]
fn the_commands_of_the_page_about_writing_a_plugin_lead_to_a_recognised_clip() {
    let folder = TempDir::new().unwrap();
    let commands = commands_of(&repository().join("docs/write-a-plugin.md"));
    let output = shell(folder.path(), &commands).output().unwrap();
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{errors}");
    assert!(printed.contains("energy_db") && printed.contains("mood 1.0.0"), "{printed}");
}

#[test]
fn a_new_plugin_never_takes_the_place_of_a_folder() {
    let folder = TempDir::new().unwrap();
    let dir: PathBuf = folder.path().join("mine");
    let make = || {
        let arguments = ["plugin", "new", "mine", "--lang", "c", "--dir"].map(AsRef::as_ref);
        undertone(&[&arguments[..], &[dir.as_os_str()]].concat())
    };
    assert!(make().status.success());
    std::fs::write(dir.join("mine.c"), "// changed").unwrap();
    let again = make();
    let errors = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && errors.contains("exists already"), "{errors}");
    assert_eq!(std::fs::read_to_string(dir.join("mine.c")).unwrap(), "// changed");
}

#[test]
fn a_bundle_that_was_changed_by_hand_is_refused_until_it_is_sealed() {
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("bundle");
    undertone_tests::copy_tree(&super::example_bundle(), &bundle).unwrap();
    std::fs::write(bundle.join("card.md"), "# Changed\n").unwrap();
    assert!(undertone_bundle::Bundle::open(&bundle).is_err());
    let sealed = undertone(&["plugin".as_ref(), "seal".as_ref(), bundle.as_os_str()]);
    assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
    assert!(undertone_bundle::Bundle::open(&bundle).is_ok());
}
