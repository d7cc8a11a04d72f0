//! Assignment against vectors that another program made, and over a million keys.

use crate::support::definition;
use serde::Deserialize;
use std::collections::BTreeMap;
use undertone_experiments::{
    Allocation, Assignment, Bucket, Definition, Experiment, Holdout, Origin, Purpose, RatioCheck, Slot,
};

const KEYS: usize = 1_000_000;

#[derive(Deserialize)]
struct Vectors {
    buckets: Vec<(String, String, String, u16)>,
    allocations: Vec<History>,
    experiment: Expected,
}

#[derive(Deserialize)]
struct History {
    history: Vec<Vec<u16>>,
    runs: Vec<(u16, usize)>,
}

#[derive(Deserialize)]
struct Expected {
    salt: String,
    weights: Vec<u16>,
    slot: Part,
    holdout: KeptOut,
    outcomes: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Part {
    layer: String,
    from: u16,
    until: u16,
}

#[derive(Deserialize)]
struct KeptOut {
    salt: String,
    buckets: u16,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../reference/assignment.json")).expect("the committed vectors")
}

fn runs(allocation: &Allocation) -> Vec<(u16, usize)> {
    allocation.runs().iter().map(|run| (run.until, run.arm.0)).collect()
}

fn arm(experiment: &Experiment, key: &str) -> Option<usize> {
    match experiment.assign(key) {
        Assignment::Arm { arm, .. } => Some(arm.0),
        Assignment::HeldOut | Assignment::Elsewhere => None,
    }
}

fn keys() -> impl Iterator<Item = String> {
    (0..KEYS).map(|number| format!("speaker-{number}"))
}

/// Fails when a share is 0.1 percent of all or more away from what is expected.
#[track_caller]
fn assert_shares(counts: &[u64], expected: &[f64]) {
    let total: u64 = counts.iter().sum();
    for (count, expected) in counts.iter().zip(expected) {
        let percent = 100.0 * *count as f64 / total as f64;
        assert!((percent - expected).abs() < 0.1, "{percent} % instead of {expected} %");
    }
}

#[test]
fn buckets_are_those_of_the_other_program() {
    let purposes = [Purpose::Holdout, Purpose::Layer, Purpose::Arm];
    for (purpose, salt, key, bucket) in vectors().buckets {
        let purpose = purposes.into_iter().find(|own| own.name() == purpose).unwrap();
        assert_eq!(Bucket::of(purpose, &salt, &key).index(), bucket, "{purpose:?} {salt:?} {key:?}");
    }
}

#[test]
fn allocations_are_those_of_the_other_program() {
    for History { history, runs: expected } in vectors().allocations {
        let first = Allocation::new(&history[0]).unwrap();
        let last = history[1..].iter().fold(first, |own, weights| own.reweighted(weights).unwrap());
        assert_eq!(runs(&last), expected, "{history:?}");
    }
}

#[test]
fn holdout_layer_and_arm_follow_one_another_as_in_the_other_program() {
    let expected = vectors().experiment;
    let Expected { slot, holdout, .. } = expected;
    let experiment = Experiment::new(Definition {
        salt: expected.salt,
        slot: Some(Slot { layer: slot.layer, from: slot.from, until: slot.until }),
        holdout: Some(Holdout { salt: holdout.salt, buckets: holdout.buckets }),
        ..definition(&expected.weights)
    });
    let experiment = experiment.unwrap();
    for (key, outcome) in expected.outcomes {
        let told: serde_json::Value = match experiment.assign(&key) {
            Assignment::Arm { arm, origin: Origin::Drawn } => arm.0.into(),
            Assignment::HeldOut => "held out".into(),
            Assignment::Elsewhere => "elsewhere".into(),
            Assignment::Arm { origin: Origin::Forced, .. } => "forced".into(),
        };
        assert_eq!(outcome, told, "{key}");
    }
}

#[test]
fn a_million_keys_fall_into_the_arms_by_weight_and_a_changed_weight_moves_only_the_difference() {
    let even = Experiment::new(definition(&[5000, 5000])).unwrap();
    let changed = Experiment::resume(definition(&[6000, 4000]), even.allocation().runs().to_vec()).unwrap();
    let (mut before, mut after, mut moved, mut to_first) = ([0; 2], [0; 2], 0, 0);
    for key in keys() {
        let (old, new) = (arm(&even, &key).unwrap(), arm(&changed, &key).unwrap());
        before[old] += 1;
        after[new] += 1;
        moved += u64::from(old != new);
        to_first += u64::from(old != new && new == 0);
    }
    assert_shares(&before, &[50.0, 50.0]);
    assert_shares(&after, &[60.0, 40.0]);
    assert_shares(&[moved, KEYS as u64 - moved], &[10.0, 90.0]);
    assert_eq!(moved, to_first);
}

#[test]
fn experiments_in_two_layers_draw_independently() {
    let of = |layer: &str, salt: &str| {
        let slot = Some(Slot { layer: layer.to_owned(), from: 0, until: 5000 });
        let definition = definition(&[3000, 7000]);
        Experiment::new(Definition { salt: salt.to_owned(), slot, ..definition }).unwrap()
    };
    let (first, second) = (of("models", "one"), of("segmenters", "two"));
    let mut cells = [0_u64; 9];
    let place = |arm: Option<usize>| arm.unwrap_or(2);
    for key in keys() {
        cells[3 * place(arm(&first, &key)) + place(arm(&second, &key))] += 1;
    }
    // Both shares are known: 15 %, 35 % and 50 % on either side.
    let shares = [15, 35, 50];
    let weights: Vec<u16> = shares.iter().flat_map(|row| shares.map(|column| row * column)).collect();
    let p_value = RatioCheck::new(&weights).unwrap().p_value_once(&cells);
    assert!(p_value > 0.01, "{p_value} {cells:?}");
}

#[test]
fn experiments_that_share_a_layer_never_share_a_unit() {
    let of = |from, until| {
        let slot = Slot { layer: "models".to_owned(), from, until };
        let definition = definition(&[5000, 5000]);
        Experiment::new(Definition { slot: Some(slot), ..definition }).unwrap()
    };
    let (first, second) = (of(0, 4000), of(4000, 10_000));
    let both = keys().take(10_000).filter(|key| arm(&first, key).is_some() == arm(&second, key).is_some());
    assert_eq!(both.count(), 0);
}

#[test]
fn a_forced_arm_goes_before_everything_and_is_marked() {
    let holdout = Some(Holdout { salt: "2027".to_owned(), buckets: 9999 });
    let experiment = Experiment::new(Definition { holdout, ..definition(&[5000, 5000]) }).unwrap();
    let forced = experiment.force("arm-1").unwrap();
    assert!(matches!(forced, Assignment::Arm { arm, origin: Origin::Forced } if arm.0 == 1));
    assert_eq!(experiment.force("nobody").unwrap_err().to_string(), "there is no arm \"nobody\"");
}
