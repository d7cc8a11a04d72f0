//! A short run of every target, with inputs made from right ones. `UNDERTONE_FUZZ_RUNS` makes it longer.

use std::panic::catch_unwind;
use undertone_fuzzing::{Mutation, TARGETS, target};

/// Changed inputs per target.
const RUNS: u64 = 1_500;

fn runs() -> u64 {
    std::env::var("UNDERTONE_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS)
}

/// Feeds a target; a promise that is broken is told with the input that broke it.
fn feed(name: &str) {
    let target = target(name).expect("it is a target");
    let corpus = (target.corpus)();
    for (number, input) in corpus.iter().enumerate() {
        assert!((target.is_understood)(input), "{name}: input {number} to begin from is not understood");
        (target.run)(input);
    }
    for seed in 0..runs() {
        let input = Mutation::new(seed).of(&corpus);
        assert!(
            catch_unwind(|| (target.run)(&input)).is_ok(),
            "{name}: seed {seed}, {} bytes: {input:?}",
            input.len()
        );
    }
}

#[test]
fn any_archive_is_unpacked_within_its_bounds_or_refused() {
    feed("archive");
}

#[test]
fn any_flac_file_gives_the_same_however_it_is_cut() {
    feed("flac");
}

#[test]
fn any_wav_file_gives_the_same_however_it_is_cut() {
    feed("wav");
}

#[test]
fn any_manifest_is_understood_or_refused_in_one_sentence() {
    feed("manifest");
}

#[test]
fn any_message_that_is_understood_is_written_as_it_was() {
    feed("messages");
}

#[test]
fn whatever_a_process_leaves_in_shared_memory_the_server_goes_on() {
    feed("shared_memory");
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).expect("it is there");
    for target in &TARGETS {
        let program = std::fs::read_to_string(format!("{folder}/fuzz_targets/{}.rs", target.name));
        let call = format!("target(\"{}\")", target.name);
        assert!(program.expect("it is there").contains(&call), "{}", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
