//! Plugins that are not part of the server.

mod served;

use std::path::{Path, PathBuf};
use std::process::Command;
use undertone_bundle::{Bundle, Manifest};
use undertone_tests::repository;

/// Compiles the example in C with the machine's compiler, against nothing but the header.
fn compile_energy(folder: &Path) -> PathBuf {
    let library = folder.join("libundertone_plugin_energy.so");
    let root = repository();
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-fPIC", "-shared", "-I"])
        .arg(root.join("crates/plugin-abi/include"))
        .arg("-o")
        .arg(&library)
        .arg(root.join("examples/energy/energy.c"))
        .arg("-lm")
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    library
}

/// The bundle of the example in Rust.
fn example_bundle() -> PathBuf {
    repository().join("examples/linear/bundle")
}

/// Writes the example's bundle to `dir`, changed, with `graph` in place of its weights.
fn write_changed(dir: &Path, graph: &str, change: impl FnOnce(&mut Manifest)) {
    let mut manifest = Bundle::open(&example_bundle()).unwrap().manifest().clone();
    change(&mut manifest);
    let files: [(&str, &[u8]); 2] = [("weights.json", graph.as_bytes()), ("card.md", b"# Changed\n")];
    Bundle::write(dir, manifest, &files).unwrap();
}
