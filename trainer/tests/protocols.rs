//! No clip that a network is measured by reaches its training.

mod corpus;

use std::collections::BTreeSet;
use undertone_evaluation::{Protocol, RunId};
use undertone_trainer::dataset::{Clip, Part, Speaker, read_clips};
use undertone_trainer::protocol::{Dealing, FoldId, list};

/// The upstream duplicate: both files hold the same samples.
const SAME_SAMPLES: [&str; 2] = ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"];
const SEEDS: u32 = 3;

/// Every training of both protocols that the evidence may hold.
fn trainings() -> Vec<FoldId> {
    let runs =
        Protocol::ALL.into_iter().flat_map(|protocol| (0..SEEDS).map(move |seed| RunId { protocol, seed }));
    runs.flat_map(|run| (0..Dealing::default().tested(run.protocol)).map(move |fold| FoldId::new(run, fold)))
        .collect()
}

fn clips() -> Option<Vec<Clip>> {
    Some(read_clips(&corpus::ravdess()?, "ravdess").expect("a good list"))
}

fn names(clips: &[Clip], indices: &[usize]) -> BTreeSet<String> {
    indices.iter().map(|&index| clips[index].name()).collect()
}

#[test]
fn every_clip_has_one_part_and_none_is_left_out() {
    let Some(clips) = clips() else { return };
    assert_eq!(clips.len(), 1440);
    for id in trainings() {
        let split = id.split(&clips).expect("every clip is listed");
        let parts = [Part::Training, Part::Validation, Part::Test].map(|part| split.clips(part).len());
        assert_eq!(parts.iter().sum::<usize>(), clips.len(), "{id:?}");
    }
}

#[test]
fn each_clip_is_tested_once_per_seed_of_the_folds_by_actor() {
    let Some(clips) = clips() else { return };
    for seed in 0..SEEDS {
        let run = RunId { protocol: Protocol::Speaker5, seed };
        let mut tested = Vec::new();
        for fold in 0..Dealing::default().tested(run.protocol) {
            tested.extend(FoldId::new(run, fold).split(&clips).expect("listed").clips(Part::Test));
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..clips.len()).collect::<Vec<_>>());
    }
}

#[test]
fn no_speaker_of_a_fold_by_actor_is_on_two_sides() {
    let Some(clips) = clips() else { return };
    for id in trainings().into_iter().filter(|id| id.run.protocol == Protocol::Speaker5) {
        let split = id.split(&clips).expect("listed");
        let speakers = |part| -> BTreeSet<&Speaker> {
            split.clips(part).into_iter().map(|clip| &clips[clip].speaker).collect()
        };
        let [training, validation, test] = [Part::Training, Part::Validation, Part::Test].map(speakers);
        assert!(training.is_disjoint(&test) && training.is_disjoint(&validation), "{id:?}");
        assert!(validation.is_disjoint(&test), "{id:?}");
        assert_eq!(validation.len(), 2, "a man and a woman: {id:?}");
    }
}

#[test]
fn the_folds_by_actor_are_those_of_the_literature() {
    let list = list(RunId { protocol: Protocol::Speaker5, seed: 0 }).expect("a good list");
    let actors = |wanted: u32| -> BTreeSet<u32> {
        let clips = list.iter().filter(|(_, fold)| *fold == wanted);
        clips.map(|(clip, _)| clip[clip.len() - 2..].parse().expect("an actor")).collect()
    };
    assert_eq!(actors(0), BTreeSet::from([2, 5, 14, 15, 16]));
    assert_eq!(actors(1), BTreeSet::from([3, 6, 7, 13, 18]));
    assert_eq!(actors(2), BTreeSet::from([10, 11, 12, 19, 20]));
    assert_eq!(actors(3), BTreeSet::from([8, 17, 21, 23, 24]));
    assert_eq!(actors(4), BTreeSet::from([1, 4, 9, 22]));
}

#[test]
fn a_random_fifth_has_a_fifth_of_every_emotion() {
    let Some(clips) = clips() else { return };
    for seed in 0..SEEDS {
        let run = RunId { protocol: Protocol::Random80, seed };
        let test = FoldId::new(run, 0).split(&clips).expect("listed").clips(Part::Test);
        for emotion in undertone_core::Emotion::ALL {
            let all = clips.iter().filter(|clip| clip.emotion == emotion).count();
            let tested = test.iter().filter(|clip| clips[**clip].emotion == emotion).count();
            assert!(tested.abs_diff(all / 5) <= 2, "{emotion}: {tested} of {all}");
        }
    }
}

#[test]
fn both_copies_of_the_same_samples_are_on_one_side() {
    let Some(clips) = clips() else { return };
    for id in trainings() {
        let split = id.split(&clips).expect("listed");
        for part in [Part::Training, Part::Validation, Part::Test] {
            let names = names(&clips, &split.clips(part));
            let held = SAME_SAMPLES.map(|name| names.contains(name));
            assert_eq!(held[0], held[1], "{id:?}");
        }
    }
}

#[test]
fn a_clip_that_no_list_knows_is_refused_by_name() {
    let Some(mut clips) = clips() else { return };
    let stranger = Clip {
        path: "mine/hello.wav".into(),
        speaker: Speaker::new("ann"),
        emotion: undertone_core::Emotion::Calm,
    };
    clips.push(stranger);
    let run = RunId { protocol: Protocol::Speaker5, seed: 0 };
    let refusal = FoldId::new(run, 0).split(&clips).expect_err("not listed").to_string();
    assert!(refusal.contains("mine/hello.wav"), "{refusal}");
    let run = RunId { protocol: Protocol::Random80, seed: 99 };
    assert!(list(run).is_err());
}

#[test]
fn songs_of_held_out_actors_never_reach_training() {
    let Some(data) = corpus::ravdess() else { return };
    let (clips, songs) = (read_clips(&data, "ravdess"), read_clips(&data, "ravdess-song"));
    let (clips, songs) = (clips.expect("a good list"), songs.expect("a good list"));
    assert_eq!(songs.len(), 1012);
    for id in trainings() {
        let split = id.split(&clips).expect("listed");
        let held_out: BTreeSet<&Speaker> = match id.run.protocol {
            Protocol::Speaker5 => [Part::Validation, Part::Test]
                .into_iter()
                .flat_map(|part| split.clips(part))
                .map(|clip| &clips[clip].speaker)
                .collect(),
            Protocol::Random80 => BTreeSet::new(),
        };
        let split = split.clone().with_more(&clips, &songs);
        for (index, song) in songs.iter().enumerate() {
            let learnt = split.part(clips.len() + index) == Part::Training;
            assert_eq!(learnt, !held_out.contains(&song.speaker), "{id:?} {}", song.path.display());
        }
        for part in [Part::Validation, Part::Test] {
            assert!(split.clips(part).iter().all(|clip| *clip < clips.len()), "songs are never measured by");
        }
    }
}

#[test]
fn a_fold_that_no_protocol_has_is_refused() {
    let Some(clips) = clips() else { return };
    let run = RunId { protocol: Protocol::Speaker5, seed: 0 };
    let refusal = FoldId::new(run, 9).split(&clips).expect_err("there are five").to_string();
    assert!(refusal.contains("no fold 9"), "{refusal}");
}
