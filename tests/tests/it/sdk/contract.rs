//! The wire contract, looked at by `buf`, which comes with what builds the TypeScript client.

use super::{provided, succeed};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use undertone_tests::{copy_tree, repository};

fn buf(modules: &Path, contract: &Path) -> Command {
    let mut buf = Command::new(modules.join(".bin/buf"));
    buf.current_dir(contract);
    buf
}

#[test]
fn the_contract_is_clean_and_a_change_that_breaks_clients_is_caught() {
    let Some(modules) = provided("UNDERTONE_SDK_NODE_MODULES") else { return };
    let (modules, folder) = (Path::new(&modules), TempDir::new().unwrap());
    let committed = repository().join("proto").canonicalize().unwrap();
    let contract = folder.path().join("proto");
    copy_tree(&committed, &contract).unwrap();
    succeed(buf(modules, &contract).arg("lint"));
    // What clients were built with: unlike the generated descriptors it never follows a change.
    let against = format!("{}#format=binpb", committed.join("released/v1.binpb").display());
    succeed(buf(modules, &contract).args(["breaking", "--against", &against]));

    let file = contract.join("undertone/v1/recognizer.proto");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("string top = 8;", "string top = 80;")).unwrap();
    let caught = buf(modules, &contract).args(["breaking", "--against", &against]).output().unwrap();
    let said = String::from_utf8_lossy(&caught.stdout).into_owned();
    assert!(!caught.status.success() && said.contains("\"top\" on message \"Result\""), "{said}");
}
