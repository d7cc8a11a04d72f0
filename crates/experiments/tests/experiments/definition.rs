//! What a definition may be.

use crate::support::definition;
use undertone_core::Role;
use undertone_experiments::{
    Definition, Experiment, ExperimentError, Goal, Guardrail, Holdout, Metric, Mistake, Slot,
};

fn mistakes(definition: Definition) -> Vec<Mistake> {
    match Experiment::new(definition) {
        Err(ExperimentError::Definition { mistakes }) => mistakes,
        other => panic!("not refused for its mistakes: {other:?}"),
    }
}

#[test]
fn a_definition_without_mistakes_is_an_experiment() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    assert_eq!(experiment.control().0, 0);
}

#[test]
fn all_mistakes_are_named_at_once() {
    let mut wrong = definition(&[5000, 4000]);
    wrong.name = String::new();
    wrong.salt = "a\0b".to_owned();
    wrong.control = "nobody".to_owned();
    wrong.arms[1].name = "arm-0".to_owned();
    wrong.slot = Some(Slot { layer: String::new(), from: 10, until: 10_001 });
    wrong.holdout = Some(Holdout { salt: "2027".to_owned(), buckets: 10_000 });
    wrong.goals = vec![Goal { metric: Metric::Kappa, margin: f64::NAN }];
    wrong.guardrails = vec![Guardrail { metric: Metric::CalibrationError, tolerated: -1.0 }];
    wrong.alpha = 1.0;
    wrong.planned_units = 0;
    let told: Vec<String> = mistakes(wrong).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "name is empty",
            "salt holds a zero byte",
            "layer is empty",
            "two arms are named \"arm-0\"",
            "the weights of the live arms sum to 90 %, not to 100 %",
            "the control \"nobody\" is no arm",
            "the part of the layer from 0.1 % until 100.01 % is none of 0 % to 100 %",
            "a holdout of 100 % leaves nobody",
            "kappa cannot be the first metric: its intervals hold for one look only",
            "the margin of kappa is NaN, and it is a number from 0",
            "calibration error cannot be a guardrail: its intervals hold for one look only",
            "what is tolerated of calibration error is -1, and it is a number from 0",
            "alpha is 1, and it lies between 0 and 1",
            "it is planned for 0 units",
        ]
    );
}

#[test]
fn a_margin_that_no_difference_is_beyond_is_refused() {
    let mut wrong = definition(&[5_000, 5_000]);
    wrong.goals = vec![Goal { metric: Metric::Accuracy, margin: 7.0 }];
    wrong.guardrails = vec![
        Guardrail { metric: Metric::Accuracy, tolerated: 1.0 },
        Guardrail { metric: Metric::Brier, tolerated: 1.9 },
        Guardrail { metric: Metric::Latency, tolerated: 30.0 },
    ];
    let told: Vec<String> = mistakes(wrong).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the margin of accuracy is 7, and no two figures are further apart than 1",
            "what is tolerated of accuracy is 1, and no two figures are further apart than 1",
        ]
    );
}

#[test]
fn a_shadow_has_no_weight_and_is_no_control() {
    let mut wrong = definition(&[10_000, 100]);
    wrong.arms[1].role = Role::Shadow;
    wrong.control = "arm-1".to_owned();
    let name = "arm-1".to_owned();
    assert_eq!(mistakes(wrong), [Mistake::ShadowWeight { name }, Mistake::ShadowControl]);
}

#[test]
fn one_arm_and_no_metric_are_no_comparison() {
    let mut wrong = definition(&[10_000]);
    wrong.goals.clear();
    assert_eq!(mistakes(wrong), [Mistake::FewArms { arms: 1 }, Mistake::NoMetric]);
}

#[test]
fn a_metric_stands_once() {
    let mut wrong = definition(&[5000, 5000]);
    wrong.goals.push(wrong.goals[0]);
    assert_eq!(mistakes(wrong), [Mistake::Twice { metric: Metric::Accuracy }]);
}
