//! A bundle is opened whole and unchanged, or refused with every reason.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use std::fs;
use std::path::Path;
use support::{FILES, Written, manifest};
use undertone_bundle::{Bundle, BundleError, Checksum, discover};

#[test]
fn a_written_bundle_opens_with_what_was_written() {
    let written = Written::new();
    let bundle = Bundle::open(&written.dir()).expect("unchanged");
    let mut expected = manifest();
    expected.files =
        FILES.iter().map(|(path, content)| ((*path).into(), Checksum::of(content).to_string())).collect();
    assert_eq!(bundle.manifest(), &expected);
    assert_eq!(bundle.read_card().expect("listed"), "# A card");
    assert_eq!(bundle.manifest().features.recipe_json(), r#"{"floor":1e-10,"hop":160}"#);
}

#[test]
fn a_version_is_never_written_twice_and_leaves_nothing_half_done() {
    let written = Written::new();
    let again = Bundle::write(&written.dir(), manifest(), FILES);
    assert!(matches!(again, Err(BundleError::Exists { .. })), "{again:?}");
    let parent = written.dir().parent().expect("has one").to_owned();
    assert_eq!(fs::read_dir(parent).expect("there").count(), 1);
}

#[test]
fn a_changed_file_is_refused_by_name() {
    let written = Written::new();
    fs::write(written.dir().join("whole.onnx"), b"other").expect("writable");
    let refusal = written.refusal();
    assert!(refusal.contains("whole.onnx: has checksum sha256:"), "{refusal}");
    assert!(refusal.contains("models/cnn/1.0.0"), "{refusal}");
}

#[test]
fn every_mistake_is_reported_together() {
    let written = Written::new();
    written.edit_manifest("name = \"cnn\"", "name = \"../CNN\"");
    written.edit_manifest("version = \"1.0.0\"", "version = \"one\"");
    written.edit_manifest("temperature = 1.25", "temperature = -1.0");
    fs::remove_file(written.dir().join("card.md")).expect("there");
    fs::write(written.dir().join("stray"), b"").expect("writable");
    let refusal = written.refusal();
    for part in
        ["name: \"../CNN\"", "version: \"one\"", "temperature: -1", "card.md: cannot be read", "stray"]
    {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn sizes_for_which_no_machine_has_room_are_refused_by_their_fields() {
    let written = Written::new();
    written.edit_manifest("min_frames = 8", "min_frames = 4000000000");
    written.edit_manifest("max_frames = 1000", "max_frames = 4000000000");
    let refusal = written.refusal();
    for part in ["limits.min_frames: 4000000000 frames of", "limits.max_frames: 4000000000 frames of"] {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn paths_that_leave_the_bundle_are_refused() {
    let outside = format!("[files]\n\"../outside\" = \"{}\"\n", Checksum::of(b""));
    let written = Written::new();
    written.edit_manifest("[files]\n", &outside);
    assert!(written.refusal().contains("leaves the bundle"));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_bundle_is_refused_even_when_the_content_is_right() {
    let written = Written::new();
    let outside = written.folder.path().join("outside.onnx");
    fs::write(&outside, b"graph").expect("writable");
    let inside = written.dir().join("whole.onnx");
    fs::remove_file(&inside).expect("there");
    std::os::unix::fs::symlink(&outside, &inside).expect("linkable");
    assert!(written.refusal().contains("link out of the bundle"));
}

#[test]
fn unknown_fields_are_refused() {
    let written = Written::new();
    written.edit_manifest("schema = 1", "schema = 1\nshcema = 2");
    assert!(written.refusal().contains("shcema"));
}

#[test]
fn dimensions_must_fit_features_and_labels() {
    let mut wrong = manifest();
    wrong.graph.whole.input.dims.pop();
    wrong.labels.push("angry".into());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refusal = Bundle::write(&folder.path().join("x"), wrong, FILES).expect_err("wrong").to_string();
    assert!(refusal.contains("graph.whole.input.dims: [batch, time]"), "{refusal}");
    assert!(refusal.contains("graph.whole.output.dims: [batch, 2]"), "{refusal}");
    assert!(!folder.path().join("x").exists());
}

#[test]
fn a_speaker_stands_in_one_list_only() {
    let mut wrong = manifest();
    wrong.training.test_speakers.push("01".into());
    let refusal = Bundle::write(Path::new("never-made"), wrong, FILES).expect_err("wrong").to_string();
    assert!(refusal.contains("speaker \"01\" stands twice"), "{refusal}");
}

#[test]
fn bundles_are_found_by_name_and_then_by_version_as_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in
        ["lstm/1.0.0", "cnn/10.0.0", "cnn/9.1.0", "cnn/10.0.0-rc.1", ".hidden/1.0.0", "cnn/.1.unfinished-1"]
    {
        fs::create_dir_all(folder.path().join(path)).expect("writable");
    }
    fs::write(folder.path().join("README.md"), b"").expect("writable");
    let found = discover(folder.path()).expect("readable");
    let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).expect("inside")).collect();
    let expected = ["cnn/9.1.0", "cnn/10.0.0-rc.1", "cnn/10.0.0", "lstm/1.0.0"];
    assert_eq!(names, expected.map(Path::new));
}

#[test]
fn folders_that_are_no_version_are_passed_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in ["cnn/1.0.0", "cnn/evaluation", "cnn/1.0", "cnn/v2.0.0"] {
        fs::create_dir_all(folder.path().join(path)).expect("writable");
    }
    fs::write(folder.path().join("cnn/evaluation/report.html"), b"").expect("writable");
    let found = discover(folder.path()).expect("readable");
    assert_eq!(found, [folder.path().join("cnn/1.0.0")]);
}
