//! Folds of data sets without a committed list.

mod recording;

use recording::tone;
use std::collections::BTreeSet;
use std::fs;
use undertone_core::Emotion;
use undertone_evaluation::{Protocol, RunId};
use undertone_trainer::dataset::{Clip, Part, Speaker, read_clips};
use undertone_trainer::protocol::{Dealing, FoldId};

/// Clips of speakers who gave different numbers of them, in three emotions.
fn clips(speakers: usize) -> Vec<Clip> {
    let mut clips = Vec::new();
    for speaker in 0..speakers {
        for take in 0..6 + 3 * (speaker % 4) {
            clips.push(Clip {
                path: format!("/data/s{speaker}_{take}.wav").into(),
                speaker: Speaker::new(&format!("s{speaker}")),
                emotion: [Emotion::Calm, Emotion::Happy, Emotion::Sad][take % 3],
            });
        }
    }
    clips
}

fn by_speaker(fold: u32, seed: u32, dealing: Dealing) -> FoldId {
    FoldId { run: RunId { protocol: Protocol::Speaker5, seed }, fold, dealing }
}

fn speakers(clips: &[Clip], indices: &[usize]) -> BTreeSet<String> {
    indices.iter().map(|&index| clips[index].speaker.name().to_owned()).collect()
}

#[test]
fn every_clip_is_tested_once_and_no_speaker_is_on_two_sides() {
    for (count, dealing) in
        [(12, Dealing::default()), (7, Dealing { folds: 3, seed: 4 }), (2, Dealing { folds: 2, seed: 0 })]
    {
        let clips = clips(count);
        for seed in 0..6 {
            let mut tested = Vec::new();
            for fold in 0..dealing.folds {
                let split = by_speaker(fold, seed, dealing).split(&clips).expect("enough speakers");
                let [training, validation, test] = [Part::Training, Part::Validation, Part::Test]
                    .map(|part| speakers(&clips, &split.clips(part)));
                assert!(training.is_disjoint(&test) && training.is_disjoint(&validation), "{count} {fold}");
                assert!(validation.is_disjoint(&test) && !training.is_empty(), "{count} {fold}");
                assert_eq!(validation.len(), if count == 2 { 0 } else { 2 }, "{count} {fold}");
                tested.extend(split.clips(Part::Test));
            }
            tested.sort_unstable();
            assert_eq!(tested, (0..clips.len()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn folds_are_alike_in_size_and_the_same_for_every_seed_of_the_training() {
    let clips = clips(12);
    let tested = |seed: u32, dealing: Dealing| -> Vec<Vec<usize>> {
        let of = |fold| by_speaker(fold, seed, dealing).split(&clips).expect("enough speakers");
        (0..dealing.folds).map(|fold| of(fold).clips(Part::Test)).collect()
    };
    let folds = tested(0, Dealing::default());
    let sizes: Vec<usize> = folds.iter().map(Vec::len).collect();
    let (least, most) = (sizes.iter().min().expect("five"), sizes.iter().max().expect("five"));
    assert!(most - least <= 9, "no speaker has more than 15 clips: {sizes:?}");
    assert_eq!(folds, tested(3, Dealing::default()));
    assert_ne!(folds, tested(0, Dealing { seed: 1, ..Dealing::default() }));
    let reversed: Vec<Clip> = clips.iter().rev().cloned().collect();
    let again = by_speaker(0, 0, Dealing::default()).split(&reversed).expect("enough speakers");
    assert_eq!(speakers(&reversed, &again.clips(Part::Test)), speakers(&clips, &folds[0]));
}

#[test]
fn too_few_speakers_and_folds_are_refused_with_their_numbers() {
    let refusal = |count, folds| {
        let dealing = Dealing { folds, ..Dealing::default() };
        by_speaker(0, 0, dealing).split(&clips(count)).expect_err("too few").to_string()
    };
    assert!(refusal(3, 5).contains("3 speakers cannot be dealt out to 5 folds"), "{}", refusal(3, 5));
    assert!(refusal(3, 1).contains("at least 2"), "{}", refusal(3, 1));
    let beyond = by_speaker(5, 0, Dealing::default()).split(&clips(9)).expect_err("five").to_string();
    assert!(beyond.contains("no fold 5"), "{beyond}");
}

#[test]
fn names_that_evidence_cannot_hold_are_refused_before_the_training() {
    let mut clips = clips(6);
    clips[0].path = "/data/a, b.wav".into();
    clips[1].speaker = Speaker::new("ann b");
    let refusal = by_speaker(0, 0, Dealing::default()).split(&clips).expect_err("unwritable").to_string();
    assert!(refusal.contains("\"a, b\"") && refusal.contains("\"ann b\""), "{refusal}");
}

#[test]
fn a_random_fifth_of_every_emotion_is_tested_and_copies_stay_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (label, count) in [("happy", 20), ("sad", 11), ("calm", 2)] {
        fs::create_dir(folder.path().join(label)).expect("writable");
        for take in 0..count {
            let pitch = 0.01 * (take + 1) as f32 + 0.003 * label.len() as f32;
            fs::write(folder.path().join(format!("{label}/ann_{take:02}.wav")), tone(pitch))
                .expect("writable");
        }
    }
    fs::copy(folder.path().join("happy/ann_00.wav"), folder.path().join("happy/ann_copy.wav"))
        .expect("writable");
    let clips = read_clips(folder.path(), "any").expect("good folders");
    let tested = |seed| -> BTreeSet<usize> {
        let id = FoldId::new(RunId { protocol: Protocol::Random80, seed }, 0);
        id.split(&clips).expect("enough clips").clips(Part::Test).into_iter().collect()
    };
    let copies: Vec<usize> = (0..clips.len())
        .filter(|&index| {
            ["happy/ann_00.wav", "happy/ann_copy.wav"].iter().any(|name| clips[index].path.ends_with(name))
        })
        .collect();
    for seed in 0..8 {
        let tested = tested(seed);
        let of = |emotion| tested.iter().filter(|index| clips[**index].emotion == emotion).count();
        let copy = usize::from(tested.contains(&copies[0]));
        assert_eq!(tested.contains(&copies[0]), tested.contains(&copies[1]));
        let expected = (4 + copy, 2, 0);
        assert_eq!((of(Emotion::Happy), of(Emotion::Sad), of(Emotion::Calm)), expected, "seed {seed}");
    }
    assert_eq!(tested(1), tested(1));
    assert_ne!(tested(1), tested(2));
}

#[test]
fn a_folder_name_tells_a_dealing_that_is_not_the_usual_one() {
    let name = |folds, seed| by_speaker(1, 0, Dealing { folds, seed }).folder();
    assert_eq!(
        [name(5, 0), name(3, 0), name(3, 7)],
        ["speaker5-seed0-fold1", "speaker5-seed0-fold1of3", "speaker5-seed0-fold1of3-dealt7"]
    );
}
