//! What the client libraries are asked about assignment: as many keys as a large experiment has, and the server's answers.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use undertone_core::{ModelRef, Role};
use undertone_experiments::{Arm, Assignment, Definition, Experiment, Goal, Holdout, Metric, Slot, Unit};

/// How many they are asked about.
pub(super) const KEYS: usize = 1_000_000;

/// Writes the question and its answers for a client library into `folder`: `salt`, `runs`, `slot`, `holdout`, `keys`, and
/// per key the place of its arm, or `held_out` or `elsewhere`.
pub(super) fn written(folder: &Path) -> PathBuf {
    let experiment = experiment();
    let keys: Vec<String> = (0..KEYS).map(key).collect();
    let outcomes: Vec<Value> = keys.iter().map(|key| outcome(&experiment, key)).collect();
    let runs: Vec<_> = experiment.allocation().runs().iter().map(|run| (run.until, run.arm.0)).collect();
    let definition = experiment.definition();
    let (slot, holdout) = (definition.slot.as_ref().unwrap(), definition.holdout.as_ref().unwrap());
    let asked = json!({
        "salt": definition.salt,
        "runs": runs,
        "slot": {"layer": slot.layer, "from": slot.from, "until": slot.until},
        "holdout": {"salt": holdout.salt, "buckets": holdout.buckets},
        "keys": keys,
        "outcomes": outcomes,
    });
    let file = folder.join("assignments.json");
    std::fs::write(&file, asked.to_string()).unwrap();
    file
}

/// One whose weights have changed since it began, so that its runs do not follow from them.
fn experiment() -> Experiment {
    let before = Experiment::new(definition([4000, 3000, 3000])).unwrap();
    let runs = before.allocation().runs().to_vec();
    let after = Experiment::resume(definition([2500, 5500, 2000]), runs).unwrap();
    assert!(after.allocation().runs().len() > 3, "its arms have pieces");
    after
}

fn definition(weights: [u16; 3]) -> Definition {
    let arm = |(place, weight): (usize, u16)| Arm {
        name: format!("arm-{place}"),
        model: ModelRef { name: "cnn".to_owned(), version: "1.0.0".to_owned() },
        weight,
        role: Role::Live,
    };
    Definition {
        name: "sample".to_owned(),
        arms: weights.into_iter().enumerate().map(arm).collect(),
        control: "arm-0".to_owned(),
        unit: Unit::Subject,
        salt: "Grüße-1".to_owned(),
        slot: Some(Slot { layer: "models".to_owned(), from: 1000, until: 9000 }),
        holdout: Some(Holdout { salt: "2027".to_owned(), buckets: 700 }),
        goals: vec![Goal { metric: Metric::Accuracy, margin: 0.01 }],
        guardrails: Vec::new(),
        alpha: 0.05,
        planned_units: 2000,
    }
}

/// Keys as people have them: numbers, addresses, names in other scripts, and none at all.
fn key(number: usize) -> String {
    match number {
        0 => String::new(),
        _ if number.is_multiple_of(4) => format!("übung-{number}-話者-🎙"),
        _ if number.is_multiple_of(3) => format!("person{number}@example.org"),
        _ => format!("speaker-{number}"),
    }
}

fn outcome(experiment: &Experiment, key: &str) -> Value {
    match experiment.assign(key) {
        Assignment::Arm { arm, .. } => json!(arm.0),
        Assignment::HeldOut => json!("held_out"),
        Assignment::Elsewhere => json!("elsewhere"),
    }
}
