//! Files say again what they said.

use crate::synthetic;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use undertone_evaluation::{EvaluationError, Evidence, Protocol, Run, RunId, Variant};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a readable folder").flatten();
    let read = |path| fs::read(path).expect("a readable file");
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), read(entry.path()))).collect()
}

#[test]
fn evidence_reads_back_and_is_written_again_byte_for_byte() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let evidence = synthetic::evidence();
    evidence.runs().iter().for_each(|run| run.write(first.path()).unwrap());
    let read = Evidence::open(first.path()).unwrap();
    read.runs().iter().for_each(|run| run.write(second.path()).unwrap());
    assert_eq!(files(first.path()), files(second.path()));
    assert_eq!(files(first.path()).len(), 2 * 4 + 2 * 3 + 4);
    assert_eq!(read.runs().len(), evidence.runs().len());
}

#[test]
fn rows_are_written_by_fold_and_clip_in_whatever_order_they_came() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut run = synthetic::run(Protocol::Speaker5, 1, 2.0);
    run.write(first.path()).unwrap();
    run.predictions.reverse();
    run.curve.reverse();
    run.folds.reverse();
    run.interim.reverse();
    run.write(second.path()).unwrap();
    assert_eq!(files(first.path()), files(second.path()));
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = synthetic::run(Protocol::Random80, 1, 2.0);
    run.predictions[0].clip = "a,b".to_owned();
    assert!(matches!(run.write(folder.path()), Err(EvaluationError::Damaged { .. })));
    assert!(files(folder.path()).is_empty());
}

#[test]
fn lists_can_be_written_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let whole = synthetic::run(Protocol::Speaker5, 3, 2.0);
    let id = RunId { protocol: Protocol::Speaker5, seed: 3 };
    Run { interim: whole.interim.clone(), ..Run::new(id) }.write(folder.path()).unwrap();
    assert!(matches!(Evidence::open(folder.path()), Err(EvaluationError::MissingPredictions { .. })));
    Run { predictions: whole.predictions, ..Run::new(id) }.write(folder.path()).unwrap();
    let read = Evidence::open(folder.path()).unwrap();
    assert_eq!(read.runs()[0].interim.len(), whole.interim.len());
}

#[test]
fn a_folder_without_evidence_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("summary.json"), "{}").unwrap();
    assert!(matches!(Evidence::open(folder.path()), Err(EvaluationError::Empty { .. })));
}

#[test]
fn a_run_that_takes_the_place_of_another_leaves_none_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = synthetic::evidence().runs()[0].clone();
    run.replace(folder.path()).unwrap();
    assert_eq!(files(folder.path()).len(), 8);
    let other = synthetic::run(Protocol::Random80, 1, 2.0);
    other.replace(folder.path()).unwrap();
    (run.interim, run.int8, run.narrowband) = (Vec::new(), Variant::NOT_ASKED, Variant::NOT_ASKED);
    run.replace(folder.path()).unwrap();
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    let expected = ["random80-seed1", "random80-seed1-curve", "random80-seed1-folds"].into_iter().chain([
        "speaker5-seed1",
        "speaker5-seed1-curve",
        "speaker5-seed1-folds",
    ]);
    let mut expected: Vec<String> = expected.map(|name| format!("{name}.csv")).collect();
    expected.sort();
    assert_eq!(names, expected);
}
