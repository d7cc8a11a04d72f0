//! Plugins under valgrind; `cargo xtask memcheck` does the same for longer.

use std::path::Path;
use tempfile::TempDir;
use undertone_tests::soak::{Amount, Found, has_valgrind, prepare, prepare_faulty, watch};
use undertone_tests::stage;

/// One round, and two to compare. tract under valgrind takes longer than a test may.
const SHORT: Amount = Amount { engines: &["onnx"], rounds: 2, runs: 2 };

fn watched(dir: &Path, amount: Amount) -> anyhow::Result<Found> {
    watch(Path::new(env!("CARGO_BIN_EXE_soak")), &stage().unwrap(), dir, amount)
}

fn skipped() -> bool {
    let skipped = !has_valgrind();
    if skipped {
        println!("SKIPPED: valgrind is not installed; plugins are not watched");
    }
    skipped
}

#[test]
fn plugins_that_are_loaded_run_swapped_and_given_back_leave_nothing_behind() {
    if skipped() {
        return;
    }
    let folder = TempDir::new().unwrap();
    prepare(&stage().unwrap(), folder.path()).unwrap();
    // A graph with and without state, and the examples in C and Rust; the long form has the others too.
    for other in ["lstm", "linear"] {
        std::fs::remove_dir_all(folder.path().join("models").join(other)).unwrap();
    }
    let found = watched(folder.path(), SHORT).unwrap();
    println!("{found}");
    found.verdict().unwrap();
}

/// What the watch says about a plugin that misbehaves so.
fn said_of(classifier: &str, extractor: &str) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    prepare_faulty(folder.path(), classifier, extractor).unwrap();
    let found = watched(folder.path(), SHORT).and_then(|found| found.verdict());
    found.map_err(|error| error.to_string())
}

#[test]
fn the_watch_finds_memory_that_is_lost_and_memory_that_grows_and_nothing_else() {
    if skipped() {
        return;
    }
    assert_eq!(said_of("good", "good"), Ok(()));
    for (classifier, extractor) in [("leak", "good"), ("leaks-at-open", "good"), ("good", "leak")] {
        let said = said_of(classifier, extractor).unwrap_err();
        assert!(said.contains("definitely lost"), "{classifier}, {extractor}: {said}");
    }
    // Whoever hoards could still give it back, so nothing is lost.
    let said = said_of("hoards", "good").unwrap_err();
    assert!(said.contains("memory in use grew by"), "{said}");
}
