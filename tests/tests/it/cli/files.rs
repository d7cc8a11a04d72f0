//! What is written about recordings, and where.

use super::{printed, undertone, wav};
use std::path::Path;
use undertone_tests::shipped_clip;

/// Bytes in front of the samples of the shipped clip, which are like those that `wav` writes.
const HEADER: usize = 44;

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn files_about_the_recordings_of_a_folder_lie_as_these_do() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, out) = (folder.path().join("calls"), folder.path().join("out"));
    for person in ["ann", "ben"] {
        std::fs::create_dir_all(calls.join(person)).unwrap();
        std::fs::copy(shipped_clip(), calls.join(person).join("1.wav")).unwrap();
    }
    printed(&undertone(&["recognize", path(&calls), "--format", "srt", "--out", path(&out)]));
    let [ann, ben] = ["ann", "ben"].map(|person| std::fs::read(out.join(person).join("1.srt")).unwrap());
    assert!(!ann.is_empty() && ann == ben);

    let alike = [calls.join("ann/1.wav"), calls.join("ben/1.wav")];
    let never = folder.path().join("never");
    let refused = undertone(&["recognize", path(&alike[0]), path(&alike[1]), "--out", path(&never)]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("are both called \"1\""), "{refused:?}");
    assert!(!never.exists(), "nothing was begun");
}

#[test]
fn warnings_are_told_beside_a_format_that_has_no_place_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loud.wav");
    let clip = std::fs::read(shipped_clip()).unwrap();
    let samples = clip[HEADER..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    let samples: Vec<i16> = samples.map(|sample| sample.saturating_mul(1_000)).collect();
    std::fs::write(&file, wav(&samples)).unwrap();
    for format in ["csv", "vtt"] {
        let told = undertone(&["recognize", path(&file), "--format", format]);
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains("loud.wav: ") && told.contains("full scale"), "{format}: {told}");
    }
    let json = undertone(&["recognize", path(&file), "--format", "json"]);
    assert!(json.stderr.is_empty() && printed(&json).contains("full scale"));
}
