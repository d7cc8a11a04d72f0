//! Committed figures follow from the evidence, or the check says which do not.

use crate::synthetic;
use std::fs;
use std::path::Path;
use undertone_evaluation::{EvaluationError, Evidence, Protocol, Summary, check};

/// A folder with synthetic evidence and its summary.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a writable folder");
    synthetic::evidence().runs().iter().for_each(|run| run.write(folder.path()).expect("a writable folder"));
    Summary::of(&Evidence::open(folder.path()).expect("good evidence"))
        .write(folder.path())
        .expect("a writable folder");
    folder
}

/// Replaces the first `old` behind `anchor` in a file.
fn edit(path: &Path, anchor: &str, old: &str, new: &str) {
    let text = fs::read_to_string(path).expect("a readable file");
    let start = text.find(anchor).expect("the anchor is there");
    let (before, behind) = text.split_at(start);
    assert!(behind.contains(old));
    fs::write(path, before.to_owned() + &behind.replacen(old, new, 1)).expect("a writable file");
}

#[test]
fn a_summary_that_follows_from_the_evidence_has_no_differences() {
    let folder = folder();
    assert_eq!(check(folder.path()).unwrap(), []);
    let text = fs::read_to_string(folder.path().join("summary.json")).unwrap();
    assert_eq!(text, Summary::of(&Evidence::open(folder.path()).unwrap()).to_json());
}

#[test]
fn the_summary_is_the_same_from_memory_and_from_files() {
    let folder = folder();
    let read = Summary::of(&Evidence::open(folder.path()).unwrap());
    let mut made = synthetic::evidence().runs().to_vec();
    for run in &mut made {
        run.predictions.sort_by(|left, right| (left.fold, &left.clip).cmp(&(right.fold, &right.clip)));
    }
    let accuracy = |summary: &Summary| summary.protocol(Protocol::Speaker5).unwrap().accuracy;
    assert_eq!(accuracy(&read), accuracy(&Summary::of(&Evidence::new(made))));
}

#[test]
fn a_changed_figure_is_found_by_name() {
    let folder = folder();
    edit(&folder.path().join("summary.json"), "\"speaker5\"", "\"clips\": 1", "\"clips\": 2");
    let found = check(folder.path()).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].name.starts_with("protocols.speaker5."), "{}", found[0]);
}

#[test]
fn a_changed_prediction_is_found_in_the_figures_it_moves() {
    let folder = folder();
    let mut evidence = Evidence::open(folder.path()).unwrap().runs().to_vec();
    let run = evidence.iter_mut().find(|run| run.id.protocol == Protocol::Random80).unwrap();
    run.predictions[0].answer = None;
    run.write(folder.path()).unwrap();
    let found = check(folder.path()).unwrap();
    assert!(found.iter().any(|own| own.name == "protocols.random80.figures.without_answer"), "{found:?}");
    assert!(found.iter().all(|own| own.name.starts_with("protocols.random80.")), "{found:?}");
}

#[test]
fn a_missing_or_broken_summary_is_an_error_not_a_difference() {
    let folder = folder();
    let path = folder.path().join("summary.json");
    fs::write(&path, "{").unwrap();
    assert!(matches!(check(folder.path()), Err(EvaluationError::Summary { .. })));
    fs::remove_file(&path).unwrap();
    assert!(matches!(check(folder.path()), Err(EvaluationError::Read { .. })));
}

#[test]
fn every_clip_counts_once_per_seed() {
    let summary = Summary::of(&synthetic::evidence());
    let own = summary.protocol(Protocol::Speaker5).unwrap();
    assert_eq!((own.figures.clips, own.figures.without_answer), (2 * 1_440, 2));
    assert_eq!((own.by_seed.parts.len(), own.by_fold.parts.len(), own.speakers.len()), (2, 10, 24));
    let mean = own.by_seed.accuracy.as_ref().unwrap().mean;
    assert!((mean - own.accuracy.value).abs() < 1e-12);
    assert!(own.accuracy.low < own.accuracy.value && own.accuracy.value < own.accuracy.high);
}

#[test]
fn answer_sets_of_new_speakers_hold_about_what_was_promised() {
    let summary = Summary::of(&synthetic::evidence());
    let sets = summary.protocol(Protocol::Speaker5).unwrap().sets.as_ref().unwrap();
    assert!((sets.all.coverage - 0.9).abs() < 0.03, "{:?}", sets.all);
    assert_eq!(summary.protocol(Protocol::Random80).unwrap().sets, None);
}

#[test]
fn what_weights_in_8_bits_change_is_a_published_figure_where_it_was_measured() {
    let folder = folder();
    let own = Summary::of(&synthetic::evidence());
    let int8 = own.protocol(Protocol::Speaker5).unwrap().int8.as_ref().unwrap();
    assert_eq!((int8.seeds.as_slice(), int8.whole.clips), ([1].as_slice(), 1_440));
    assert!(int8.whole.changed > 0.005 && int8.whole.changed <= 15.0 / 1_440.0, "{int8:?}");
    assert!(int8.heard.iter().all(|own| own.changed == 0.0) && int8.heard.len() == 4, "{int8:?}");
    assert_eq!(own.protocol(Protocol::Random80).unwrap().int8, None);
    let narrowband = own.protocol(Protocol::Speaker5).unwrap().narrowband.as_ref().unwrap();
    assert_eq!((narrowband.whole.clips, narrowband.whole.changed), (1_440, 0.0));
    let summary = folder.path().join("summary.json");
    edit(&summary, "\"speaker5\"", "\"uar_change\": ", "\"uar_change\": 1");
    let found = check(folder.path()).unwrap();
    assert!(found.iter().all(|own| own.name.starts_with("protocols.speaker5.int8.")), "{found:?}");
    assert_eq!(found.len(), 1);
    fs::remove_file(folder.path().join("speaker5-seed1-int8.csv")).unwrap();
    fs::remove_file(folder.path().join("speaker5-seed1-int8-interim.csv")).unwrap();
    assert!(check(folder.path()).unwrap().iter().any(|own| own.measured.is_none()));
}
