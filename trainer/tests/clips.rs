//! Reading clips: lists, names, duplicates.

mod corpus;

use std::fs;
use std::path::Path;
use undertone_audio::Endpointing;
use undertone_core::Emotion;
use undertone_features::Recipe;
use undertone_trainer::dataset::{HeldOut, Part, Preparation, Speaker, Split, prepare, read_clips};

fn preparation(speeds_percent: &[u32]) -> Preparation {
    Preparation {
        recipe: Recipe::named("logmel64").expect("ours"),
        endpointing: Endpointing { enabled: false, ..Endpointing::default() },
        speeds_percent: speeds_percent.to_vec(),
    }
}

fn nobody() -> HeldOut {
    HeldOut { validation: Vec::new(), test: Vec::new() }
}

/// A mono 16 kHz WAV file of half a second; `pitch` makes it another one.
fn wav(pitch: f32) -> Vec<u8> {
    let samples = (0..8_000).map(|index| ((index as f32 * pitch).sin() * 8_000.0) as i16);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    file.extend([16_000_u32, 32_000].map(u32::to_le_bytes).concat());
    file.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("writable");
        fs::write(path, content).expect("writable");
    }
    folder
}

#[test]
fn spoken_clips_are_read_by_their_names_in_order() {
    let folder = folder(&[
        ("Actor_02/03-01-05-01-01-01-02.wav", vec![]),
        ("Actor_01/03-01-03-01-01-01-01.FLAC", vec![]),
        ("Actor_01/03-02-03-01-01-01-01.wav", vec![]),
        ("notes.txt", vec![]),
    ]);
    let clips = read_clips(folder.path(), "any").expect("good names");
    let found: Vec<_> = clips.iter().map(|clip| (clip.speaker.name(), clip.emotion)).collect();
    assert_eq!(found, [("01", Emotion::Happy), ("02", Emotion::Angry)]);
}

#[test]
fn every_file_with_a_bad_name_is_named() {
    let folder = folder(&[
        ("03-01-05-01-01-01-02.wav", vec![]),
        ("03-01-09-01-01-01-02.wav", vec![]),
        ("speech.flac", vec![]),
    ]);
    let refusal = read_clips(folder.path(), "any").expect_err("two bad names").to_string();
    assert!(refusal.contains("03-01-09-01-01-01-02") && refusal.contains("`speech`"), "{refusal}");
}

#[test]
fn of_clips_with_the_same_samples_only_the_first_is_kept() {
    let folder = folder(&[
        ("03-01-03-01-02-01-07.wav", wav(0.1)),
        ("03-01-03-01-02-02-07.wav", wav(0.1)),
        ("03-01-03-01-01-02-07.wav", wav(0.2)),
    ]);
    let clips = read_clips(folder.path(), "any").expect("good names");
    let split = Split::new(&clips, &nobody()).expect("somebody to learn from");
    let prepared = prepare(&clips, &split, &preparation(&[100])).expect("good audio");
    assert_eq!(prepared.duplicates, [2]);
    let heard: Vec<usize> = prepared.utterances.iter().map(|utterance| utterance.clip).collect();
    assert_eq!(heard, [0, 1]);
}

#[test]
fn held_out_clips_are_heard_as_recorded_only() {
    let folder = folder(&[("03-01-03-01-02-01-01.wav", wav(0.1)), ("03-01-03-01-02-01-02.wav", wav(0.2))]);
    let clips = read_clips(folder.path(), "any").expect("good names");
    let held_out = HeldOut { validation: Vec::new(), test: vec![Speaker::new("2")] };
    let split = Split::new(&clips, &held_out).expect("a good split");
    let prepared = prepare(&clips, &split, &preparation(&[90, 100, 110])).expect("good audio");
    let heard: Vec<_> =
        prepared.utterances.iter().map(|utterance| (utterance.clip, utterance.speed_percent)).collect();
    assert_eq!(heard, [(0, 90), (0, 100), (0, 110), (1, 100)]);
    let frames: Vec<usize> = prepared.utterances.iter().map(|utterance| utterance.frames.len()).collect();
    assert!(frames[0] > frames[1] && frames[1] > frames[2], "slower is longer: {frames:?}");
}

#[test]
fn a_file_that_is_no_audio_is_named() {
    let folder = folder(&[("03-01-03-01-02-01-01.wav", b"no audio".to_vec())]);
    let clips = read_clips(folder.path(), "any").expect("a good name");
    let split = Split::new(&clips, &nobody()).expect("somebody to learn from");
    let refusal = prepare(&clips, &split, &preparation(&[100])).expect_err("no audio").to_string();
    assert!(refusal.contains("03-01-03-01-02-01-01.wav"), "{refusal}");
}

#[test]
fn the_list_of_the_corpus_and_its_file_names_agree() {
    let Some(data) = corpus::ravdess() else { return };
    let listed = read_clips(&data, "ravdess").expect("a good list");
    let named = read_clips(&data.join("ravdess"), "any").expect("good names");
    assert_eq!(listed.len(), 1440);
    assert_eq!(listed, named);
}

#[test]
fn the_upstream_duplicate_is_found() {
    let Some(data) = corpus::ravdess() else { return };
    let clips = read_clips(&data.join("ravdess/Actor_07"), "any").expect("good names");
    let split = Split::new(&clips, &nobody()).expect("somebody to learn from");
    let prepared = prepare(&clips, &split, &preparation(&[100])).expect("good audio");
    let names: Vec<_> = prepared.duplicates.iter().map(|&clip| clips[clip].path.file_stem()).collect();
    assert_eq!(names, [Some(Path::new("03-01-03-01-02-02-07").as_os_str())]);
}

#[test]
fn no_clip_of_a_test_speaker_is_in_training() {
    let Some(data) = corpus::ravdess() else { return };
    let clips = read_clips(&data, "ravdess").expect("a good list");
    let speakers = |names: &[&str]| names.iter().copied().map(Speaker::new).collect();
    let held_out =
        HeldOut { validation: speakers(&["11", "12"]), test: speakers(&["2", "5", "14", "15", "16"]) };
    let split = Split::new(&clips, &held_out).expect("a good split");
    assert_eq!(
        [Part::Training, Part::Validation, Part::Test].map(|part| split.clips(part).len()),
        [1020, 120, 300]
    );
    for index in split.clips(Part::Training) {
        let name = clips[index].path.file_stem().expect("a file").to_string_lossy().into_owned();
        let actor = name.rsplit('-').next().expect("seven parts");
        assert!(!["02", "05", "14", "15", "16", "11", "12"].contains(&actor), "{name}");
    }
}
