//! Against RAVDESS, where it is there: `$UNDERTONE_DATA`, by default `../shared/data` beside the repository.

use std::path::{Path, PathBuf};
use undertone_audio::{AudioLimits, Endpointing, SegmentEvent, Segmenter, read_all};

/// The folder `name` of the data, or nothing and a loud word about it.
fn corpus(name: &str) -> Option<PathBuf> {
    let beside_the_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("UNDERTONE_DATA").map_or(beside_the_repository, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: RAVDESS not found at {}", folder.display());
    None
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be listed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    files.sort();
    files
}

fn read(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a clip can be read");
    read_all(&bytes, None, AudioLimits::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Pearson's correlation coefficient.
fn correlation(left: &[f32], right: &[f32]) -> f64 {
    let (mut products, mut lefts, mut rights) = (0.0, 0.0, 0.0);
    for (&left, &right) in left.iter().zip(right) {
        let (left, right) = (f64::from(left), f64::from(right));
        products += left * right;
        lefts += left * left;
        rights += right * right;
    }
    products / (lefts * rights).sqrt()
}

#[test]
fn an_original_recording_and_its_16_khz_copy_read_alike() {
    let (Some(originals), Some(copies)) = (corpus("ravdess-original"), corpus("ravdess")) else { return };
    let mut compared = 0;
    for original in files_of(&originals) {
        let name = original.file_stem().unwrap().to_str().unwrap();
        let actor = name.rsplit('-').next().unwrap();
        let copy = copies.join(format!("Actor_{actor}/{name}.flac"));
        let (original, copy) = (read(&original), read(&copy));
        assert!(original.len().abs_diff(copy.len()) <= 1, "{name}: {} and {}", original.len(), copy.len());
        let alike = correlation(&original, &copy);
        assert!(alike > 0.999, "{name}: {alike}");
        compared += 1;
    }
    assert!(compared >= 6, "{compared} recordings");
}

#[test]
fn nearly_every_clip_of_one_sentence_is_one_utterance() {
    let Some(folder) = corpus("ravdess") else { return };
    let (mut clips, mut heard, mut utterances) = (0, 0, 0);
    for actor in files_of(&folder) {
        // Every seventh clip: all emotions, both sentences.
        for clip in files_of(&actor).iter().step_by(7) {
            let mut segmenter = Segmenter::new(&Endpointing::default());
            let mut events = Vec::new();
            segmenter.push(&read(clip), &mut events);
            segmenter.finish(&mut events);
            let begun =
                events.iter().filter(|event| matches!(event, SegmentEvent::SpeechBegin { .. })).count();
            clips += 1;
            heard += usize::from(begun > 0);
            utterances += begun;
        }
    }
    assert!(clips > 200, "{clips} clips");
    assert!(heard * 100 >= clips * 99, "{heard} of {clips} clips hold speech");
    assert!(utterances * 100 <= clips * 105, "{utterances} utterances in {clips} clips");
}
