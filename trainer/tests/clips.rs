//! Reading clips: lists, names, folders, audio, duplicates.

mod corpus;
mod recording;

use recording::{tone, wav};
use std::fs;
use std::path::Path;
use undertone_audio::Endpointing;
use undertone_core::Emotion;
use undertone_features::Recipe;
use undertone_trainer::dataset::{
    HeldOut, Line, Part, Playing, Preparation, Speaker, Split, prepare, prepare_cached, read_clips,
};

fn preparation(playings: &[Playing]) -> Preparation {
    Preparation {
        recipe: Recipe::named("logmel64").expect("ours"),
        endpointing: Endpointing { enabled: false, ..Endpointing::default() },
        playings: playings.to_vec(),
    }
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

/// Why the clips of `data` are refused.
fn refusal(data: &Path) -> String {
    read_clips(data, "any").expect_err("not readable").to_string()
}

#[test]
fn spoken_clips_are_read_by_their_names_in_order() {
    let folder = folder(&[
        ("Actor_02/03-01-05-01-01-01-02.wav", vec![]),
        ("Actor_01/03-01-03-01-01-01-01.FLAC", vec![]),
        ("Actor_01/03-02-03-01-01-01-01.wav", vec![]),
        ("Actor_01/._03-01-03-01-01-01-01.wav", vec![]),
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
    let refusal = refusal(folder.path());
    assert!(refusal.contains("03-01-09-01-01-01-02.wav") && refusal.contains("speech.flac"), "{refusal}");
}

#[test]
fn a_folder_that_tells_no_labels_is_refused_with_what_would_tell_them() {
    let empty = folder(&[("notes.txt", vec![])]);
    assert!(refusal(empty.path()).contains("no audio file"), "{}", refusal(empty.path()));
    let unnamed = folder(&[("hapy/1.wav", vec![]), ("sadd/2.wav", vec![])]);
    let refusal = refusal(unnamed.path());
    for part in ["hapy/1.wav", "first of 2", "index.csv", "RAVDESS", "happy/happiness"] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[test]
fn clips_in_folders_named_by_emotion_are_read() {
    let folder =
        folder(&[("happy/ann/1.wav", vec![]), ("Fear/bob_1.wav", vec![]), ("notes/readme.txt", vec![])]);
    let clips = read_clips(folder.path(), "any").expect("good folders");
    let found: Vec<_> = clips.iter().map(|clip| (clip.emotion, clip.speaker.name())).collect();
    assert_eq!(found, [(Emotion::Fearful, "bob"), (Emotion::Happy, "ann")]);
}

#[test]
fn audio_of_kinds_that_cannot_be_read_is_named_and_not_passed_over() {
    let folder =
        folder(&[("happy/ann/1.opus", vec![]), ("happy/ann/2.MP3", vec![]), ("sad/ann/3.m4a", vec![])]);
    let refusal = refusal(folder.path());
    for file in ["2.MP3: needed is WAV, FLAC or Ogg Opus", "3.m4a: needed"] {
        assert!(refusal.contains(file) && !refusal.contains("1.opus"), "{refusal}");
    }
}

#[test]
fn a_folder_that_links_lead_to_again_is_looked_into_once() {
    let folder = folder(&[("happy/ann/1.wav", vec![])]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("happy/around")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("happy"), folder.path().join("sad")).unwrap();
    assert_eq!(read_clips(folder.path(), "any").expect("good folders").len(), 1);
}

#[test]
fn an_unknown_label_is_refused_with_the_file_and_the_known_ones() {
    let folder = folder(&[("happy/ann/1.wav", vec![]), ("bored/ann/2.wav", vec![])]);
    let refusal = refusal(folder.path());
    for part in ["bored/ann/2.wav", "`bored`", "fearful/fear"] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[test]
fn a_list_of_any_name_is_read_relative_to_its_folder() {
    let list = b"emotion,path,speaker\nanger,audio/1.wav,ann\n".to_vec();
    let folder = folder(&[("lists/clips.csv", list), ("lists/audio/1.wav", vec![])]);
    let clips = read_clips(&folder.path().join("lists/clips.csv"), "any").expect("a good list");
    assert_eq!(clips[0].path, folder.path().join("lists/audio/1.wav"));
    assert_eq!((clips[0].emotion, clips[0].speaker.name()), (Emotion::Angry, "ann"));
}

#[test]
fn a_list_goes_before_folders_and_names() {
    let list = b"path,emotion,speaker\nhappy/ann/03-01-03-01-01-01-01.wav,sad,bob\n".to_vec();
    let folder = folder(&[("index.csv", list), ("happy/ann/03-01-03-01-01-01-01.wav", vec![])]);
    let clips = read_clips(folder.path(), "any").expect("a good list");
    assert_eq!((clips[0].emotion, clips[0].speaker.name()), (Emotion::Sad, "bob"));
}

#[test]
fn every_listed_file_that_is_not_there_is_named_up_to_twenty() {
    let rows: String = (10..33).map(|number| format!("{number}.wav,sad,ann\n")).collect();
    let folder = folder(&[("clips.csv", format!("path,emotion,speaker\n{rows}").into_bytes())]);
    let refusal = refusal(&folder.path().join("clips.csv"));
    assert!(refusal.contains("29.wav is listed but not there") && !refusal.contains("30.wav"), "{refusal}");
    assert!(refusal.ends_with("and 3 more"), "{refusal}");
}

#[test]
fn clips_with_the_same_samples_keep_their_utterances_and_are_listed() {
    let folder = folder(&[
        ("03-01-03-01-02-01-07.wav", tone(0.1)),
        ("03-01-03-01-02-02-07.wav", tone(0.1)),
        ("03-01-03-01-01-02-07.wav", tone(0.2)),
    ]);
    let clips = read_clips(folder.path(), "any").expect("good names");
    let prepared = prepare(&clips, &preparation(&[Playing::AS_RECORDED])).expect("good audio");
    assert_eq!(prepared.duplicates, [2]);
    let heard: Vec<usize> = prepared.utterances.iter().map(|utterance| utterance.clip).collect();
    assert_eq!(heard, [0, 1, 2]);
}

#[test]
fn the_same_samples_with_two_labels_are_refused_with_both_clips() {
    let folder = folder(&[("happy/ann/1.wav", tone(0.1)), ("sad/ann/2.wav", tone(0.1))]);
    let clips = read_clips(folder.path(), "any").expect("good folders");
    let refusal =
        prepare(&clips, &preparation(&[Playing::AS_RECORDED])).expect_err("a contradiction").to_string();
    assert!(
        refusal.contains("sad/ann/2.wav: it is sad")
            && refusal.contains("happy/ann/1.wav has the same samples"),
        "{refusal}"
    );
}

#[test]
fn all_clips_are_heard_in_all_ways() {
    let folder = folder(&[("03-01-03-01-02-01-01.wav", tone(0.1)), ("03-01-03-01-02-01-02.wav", tone(0.2))]);
    let clips = read_clips(folder.path(), "any").expect("good names");
    let ways =
        [Playing::Speed(90), Playing::AS_RECORDED, Playing::Pitch(200), Playing::Line(Line::Narrowband)];
    let prepared = prepare(&clips, &preparation(&ways)).expect("good audio");
    let heard: Vec<_> =
        prepared.utterances.iter().map(|utterance| (utterance.clip, utterance.playing)).collect();
    let expected: Vec<_> = [0, 1].into_iter().flat_map(|clip| ways.map(|way| (clip, way))).collect();
    assert_eq!(heard, expected);
    let frames: Vec<usize> = prepared.utterances.iter().map(|utterance| utterance.frames.len()).collect();
    assert!(frames[0] > frames[1], "slower is longer: {frames:?}");
    assert_eq!([frames[1]; 2], [frames[2], frames[3]], "pitch and line keep the pace");
}

#[test]
fn every_clip_that_is_no_audio_or_has_no_sound_is_named_with_the_reason() {
    let folder = folder(&[
        ("happy/ann/broken.wav", b"no audio".to_vec()),
        ("happy/ann/good.wav", tone(0.1)),
        ("sad/ann/empty.wav", wav(&[])),
        ("sad/ann/nothing.wav", Vec::new()),
        ("sad/ann/silent.wav", wav(&[1; 8_000])),
    ]);
    let clips = read_clips(folder.path(), "any").expect("good folders");
    let refusal =
        prepare(&clips, &preparation(&[Playing::AS_RECORDED])).expect_err("four bad clips").to_string();
    assert!(refusal.contains("4 of the clips") && !refusal.contains("good.wav"), "{refusal}");
    for (file, reason) in
        [("broken", "not a WAV"), ("empty", "no samples"), ("nothing", "no byte"), ("silent", "silent")]
    {
        let (_, message) = refusal.split_once(&format!("{file}.wav: ")).expect("the file is named");
        let message = message.split(';').next().expect("a message");
        assert!(message.contains(reason), "{file}: {message}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = folder(&[("03-01-03-01-02-01-01.wav", tone(0.1))]);
    let clips = read_clips(folder.path(), "any").expect("a good name");
    fs::remove_file(&clips[0].path).expect("removable");
    let refusal = prepare(&clips, &preparation(&[Playing::AS_RECORDED])).expect_err("no file").to_string();
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
    let prepared = prepare(&clips, &preparation(&[Playing::AS_RECORDED])).expect("good audio");
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

#[test]
fn a_clip_that_was_replaced_is_prepared_again() {
    let folder = folder(&[("Actor_01/03-01-03-01-02-01-01.wav", tone(0.1))]);
    let cache = tempfile::tempdir().expect("a temporary folder");
    let clips = read_clips(folder.path(), "any").expect("good names");
    let prepared =
        || prepare_cached(&clips, &preparation(&[Playing::AS_RECORDED]), cache.path()).expect("good audio");
    let before = prepared();
    assert_eq!(before, prepared(), "the second time it is read");
    let longer: Vec<i16> = (0..20_000).map(|index| ((index as f32 * 0.3).sin() * 5_000.0) as i16).collect();
    fs::write(&clips[0].path, wav(&longer)).expect("writable");
    assert_ne!(before, prepared());
}
