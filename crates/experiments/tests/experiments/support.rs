//! Definitions that tests change.

use undertone_core::{ModelRef, Role};
use undertone_experiments::{Arm, Definition, Goal, Guardrail, Metric, Unit};

/// An experiment of as many live arms as there are weights, without mistakes when these are all buckets.
pub(crate) fn definition(weights: &[u16]) -> Definition {
    let arm = |(place, weight): (usize, &u16)| Arm {
        name: format!("arm-{place}"),
        model: ModelRef { name: "cnn".to_owned(), version: "1.0.0".to_owned() },
        weight: *weight,
        role: Role::Live,
    };
    Definition {
        name: "sample".to_owned(),
        arms: weights.iter().enumerate().map(arm).collect(),
        control: "arm-0".to_owned(),
        unit: Unit::Subject,
        salt: "sample-1".to_owned(),
        slot: None,
        holdout: None,
        goals: vec![Goal { metric: Metric::Accuracy, margin: 0.01 }],
        guardrails: vec![Guardrail { metric: Metric::Latency, tolerated: 0.02 }],
        alpha: 0.05,
        planned_units: 2000,
    }
}
