//! Fetching a data set from a server on this machine.

mod recording;
mod web;

use recording::{tone, wav};
use std::error::Error;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use tempfile::TempDir;
use undertone_trainer::TrainError;
use undertone_trainer::fetch::{Fetched, Md5, Published, Step, Unpacked};
use web::{Manners, Web};
use zip::write::SimpleFileOptions;

const TAG: &str = "\"first\"";
const CLIP: &str = "Actor_01/03-01-03-01-01-01-01.wav";
const OTHER_CLIP: &str = "Actor_02/03-01-04-01-01-01-02.wav";
const ARCHIVE: &str = "clips.zip";

fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a good entry");
        writer.write_all(content).expect("memory is there");
    }
    writer.finish().expect("a good file").into_inner()
}

fn clips() -> Vec<u8> {
    zip(&[(CLIP, tone(0.1)), (OTHER_CLIP, tone(0.2)), ("notes.txt", b"a note".to_vec())])
}

fn published(url: &str, zip: &[u8], folder: &TempDir) -> Published {
    Published {
        url: url.to_owned(),
        checksum: Md5::of(zip),
        archive: ARCHIVE.to_owned(),
        folder: folder.path().to_owned(),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn fetch(published: &Published) -> Result<Fetched, TrainError> {
    published.fetch(&mut |_| {})
}

/// Fetches `zip` from a server with `manners` and says why that failed.
fn refusal(zip: &[u8], manners: Manners, folder: &TempDir) -> String {
    let web = Web::serve(zip.to_vec(), TAG, manners);
    let error = fetch(&published(web.url(), zip, folder)).expect_err("refused");
    error.source().map_or(error.to_string(), |source| format!("{error}: {source}"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_data_set_is_downloaded_verified_unpacked_and_counted() {
    let (zip, folder) = (clips(), folder());
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    let mut steps = Vec::new();
    let fetched =
        published(web.url(), &zip, &folder).fetch(&mut |step| steps.push(step)).expect("all is well");
    let unpacked = Unpacked { written: 2, kept: 0, left_out: 1 };
    assert_eq!(fetched, Fetched { downloaded: true, unpacked, clips: 2, speakers: 2 });
    assert_eq!(fs::read(folder.path().join(CLIP)).expect("unpacked"), tone(0.1));
    assert_eq!(names(folder.path()), ["Actor_01", "Actor_02", ARCHIVE]);
    let last = steps.iter().rev().find_map(|step| match step {
        Step::Downloading(transfer) => Some((transfer.bytes, transfer.total)),
        _ => None,
    });
    assert_eq!(last, Some((zip.len() as u64, Some(zip.len() as u64))));
    assert_eq!(steps.last(), Some(&Step::Unpacking { done: 2, total: 2 }));
}

#[test]
fn a_second_run_verifies_and_has_nothing_to_do() {
    let (zip, folder) = (clips(), folder());
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    let published = published(web.url(), &zip, &folder);
    fetch(&published).expect("all is well");
    let again = fetch(&published).expect("all is well");
    assert!(again.nothing_to_do() && again.unpacked.kept == 2, "{again:?}");
    assert_eq!(web.asked(), [None]);
}

#[test]
fn a_broken_download_goes_on_where_it_broke_off() {
    let (zip, folder) = (clips(), folder());
    let part = zip.len() / 3 + 1;
    let web = Web::serve(zip.clone(), TAG, Manners::CutAfter(part));
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
    assert_eq!(web.asked(), [None, Some(part), Some(2 * part)]);
}

#[test]
fn a_download_that_an_earlier_run_left_goes_on() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join("clips.zip.part"), &zip[..100]).expect("writable");
    fs::write(folder.path().join("clips.zip.part.etag"), TAG).expect("writable");
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    fetch(&published(web.url(), &zip, &folder)).expect("all is well");
    assert_eq!(web.asked(), [Some(100)]);
    assert_eq!(names(folder.path()), ["Actor_01", "Actor_02", ARCHIVE]);
}

#[test]
fn a_download_that_was_left_at_its_end_is_not_repeated() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join("clips.zip.part"), &zip).expect("writable");
    fs::write(folder.path().join("clips.zip.part.etag"), TAG).expect("writable");
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
    assert_eq!(web.asked(), [Some(zip.len())]);
}

#[test]
fn a_longer_part_than_the_file_is_downloaded_from_its_beginning() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join("clips.zip.part"), vec![0; zip.len() + 1]).expect("writable");
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
    assert_eq!(web.asked(), [Some(zip.len() + 1), None]);
}

#[test]
fn another_version_of_the_file_is_downloaded_from_its_beginning() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join("clips.zip.part"), [0; 100]).expect("writable");
    fs::write(folder.path().join("clips.zip.part.etag"), "\"older\"").expect("writable");
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
}

#[test]
fn a_server_without_ranges_is_asked_for_the_whole_file_again() {
    let (zip, folder) = (clips(), folder());
    let web = Web::serve(zip.clone(), TAG, Manners::CutFirstAndNoRanges(500));
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
    assert_eq!(web.asked(), [None, Some(500)]);
}

#[test]
fn a_range_that_was_not_asked_for_is_not_taken() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join("clips.zip.part"), &zip[..100]).expect("writable");
    let web = Web::serve(zip.clone(), TAG, Manners::WrongRange);
    assert_eq!(fetch(&published(web.url(), &zip, &folder)).expect("all is well").clips, 2);
    assert_eq!(web.asked(), [Some(100), None]);
}

#[test]
fn a_server_that_never_gets_further_is_given_up() {
    let refusal = refusal(&clips(), Manners::CutAfter(0), &folder());
    assert!(refusal.contains("cannot download http://127.0.0.1"), "{refusal}");
}

#[test]
fn a_wrong_checksum_is_refused_and_named_before_anything_is_unpacked() {
    let (zip, folder) = (clips(), folder());
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    let expected = Md5::of(b"another file");
    let published = Published { checksum: expected, ..published(web.url(), &zip, &folder) };
    let refusal = fetch(&published).expect_err("another file").to_string();
    for part in ["clips.zip.refused", &expected.to_string(), &Md5::of(&zip).to_string()] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert_eq!(names(folder.path()), ["clips.zip.refused"]);
}

#[test]
fn a_zip_file_that_is_there_is_verified_and_never_replaced() {
    let (zip, folder) = (clips(), folder());
    fs::write(folder.path().join(ARCHIVE), "something of mine").expect("writable");
    let refusal = refusal(&zip, Manners::Whole, &folder);
    assert!(refusal.contains("MD5") && refusal.contains(&Md5::of(&zip).to_string()), "{refusal}");
    assert_eq!(fs::read(folder.path().join(ARCHIVE)).expect("still there"), b"something of mine");
}

#[test]
fn a_missing_file_is_named_with_the_answer_of_the_server() {
    let refusal = refusal(&clips(), Manners::Missing, &folder());
    assert!(refusal.contains("/clips.zip") && refusal.contains("404 Not Found"), "{refusal}");
}

#[test]
fn a_path_out_of_the_folder_is_refused_and_nothing_is_written() {
    let folder = folder();
    let zip = zip(&[(CLIP, tone(0.1)), ("../outside.wav", tone(0.2)), ("/root.wav", tone(0.2))]);
    let refusal = refusal(&zip, Manners::Whole, &folder);
    assert!(refusal.contains("`../outside.wav`") && refusal.contains("`/root.wav`"), "{refusal}");
    assert_eq!(names(folder.path()), [ARCHIVE]);
}

#[test]
fn a_file_that_differs_from_the_clip_is_never_overwritten() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("Actor_01")).expect("writable");
    fs::write(folder.path().join(CLIP), wav(&[5; 100])).expect("writable");
    let refusal = refusal(&clips(), Manners::Whole, &folder);
    assert!(refusal.contains(CLIP) && refusal.contains("differs"), "{refusal}");
    assert_eq!(fs::read(folder.path().join(CLIP)).expect("still there"), wav(&[5; 100]));
    assert!(!folder.path().join(OTHER_CLIP).exists());
}

#[test]
fn clips_that_are_there_are_kept_and_the_others_are_written() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("Actor_01")).expect("writable");
    fs::write(folder.path().join(CLIP), tone(0.1)).expect("writable");
    let zip = clips();
    let web = Web::serve(zip.clone(), TAG, Manners::Whole);
    let fetched = fetch(&published(web.url(), &zip, &folder)).expect("all is well");
    assert_eq!(fetched.unpacked, Unpacked { written: 1, kept: 1, left_out: 1 });
}
