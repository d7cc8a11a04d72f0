//! Golden vectors stand in a bundle whole, or the bundle is refused.

#[allow(dead_code, reason = "every test file uses a part of it")]
mod support;

use support::{FILES, manifest};
use tempfile::TempDir;
use undertone_bundle::{Bundle, BundleError, GOLDEN_FRAMES_FILE, GOLDEN_TOLERANCE, Golden};

const TIME: usize = 8;
const DIM: usize = 3;

fn golden() -> Golden {
    Golden {
        frames: GOLDEN_FRAMES_FILE.into(),
        time: TIME as u32,
        logits: vec![-1.5, 2.25],
        stream_logits: None,
        tolerance: GOLDEN_TOLERANCE,
    }
}

fn frames() -> Vec<f32> {
    (0..TIME * DIM).map(|index| index as f32 / 7.0).collect()
}

fn write(folder: &TempDir, golden: Golden, frames: &[f32]) -> Result<Bundle, BundleError> {
    let bytes = Golden::encode_frames(frames);
    let files: Vec<(&str, &[u8])> =
        FILES.iter().copied().chain([(GOLDEN_FRAMES_FILE, bytes.as_slice())]).collect();
    let manifest = undertone_bundle::Manifest { golden: Some(golden), ..manifest() };
    Bundle::write(&folder.path().join("x"), manifest, &files)
}

fn refusal(golden: Golden, frames: &[f32]) -> String {
    write(&folder(), golden, frames).expect_err("should be refused").to_string()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn golden_vectors_come_back_as_they_were_written() {
    let folder = folder();
    let bundle = write(&folder, golden(), &frames()).expect("good");
    assert_eq!(bundle.manifest().golden, Some(golden()));
    assert_eq!(bundle.read_golden_frames().expect("there"), Some(frames()));
}

#[test]
fn a_bundle_without_golden_vectors_has_no_frames() {
    let written = support::Written::new();
    let bundle = Bundle::open(&written.dir()).expect("good");
    assert_eq!(bundle.read_golden_frames().expect("nothing to read"), None);
}

#[test]
fn every_mistake_of_the_section_is_reported_together() {
    let wrong = Golden {
        frames: "absent.frames".into(),
        time: 7,
        logits: vec![0.0, f32::INFINITY, 1.0],
        stream_logits: None,
        tolerance: 0.0,
    };
    let refusal = refusal(wrong, &frames());
    for part in [
        "golden.frames: \"absent.frames\" is not listed in [files]",
        "golden.time: 7 is not from 8 to 1000",
        "golden.logits: 3 of them for 2 labels",
        "golden.logits: one is not finite",
        "golden.tolerance: 0 is not above 0",
    ] {
        assert!(refusal.contains(part), "{part} not in {refusal}");
    }
}

#[test]
fn frames_of_another_length_are_refused() {
    let refusal = refusal(golden(), &frames()[1..]);
    assert!(refusal.contains("golden.frames: has 92 bytes, 8 frames of 3 values need 96"), "{refusal}");
}

#[test]
fn frames_that_are_not_finite_are_refused() {
    let mut frames = frames();
    frames[5] = f32::NAN;
    let refusal = refusal(golden(), &frames);
    assert!(refusal.contains("golden.frames: holds a value that is not finite"), "{refusal}");
}
