//! Corrections and adjustments against the numbers of SciPy and statsmodels.

use crate::support::definition;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;
use undertone_core::Role;
use undertone_experiments::{
    Adjusted, Analysis, ArmIndex, Experiment, Foreseen, Foretold, Goal, Interval, Judgement, Metric,
    Observation, Observations, Origin, Plan, Sequence, Tally, Target, Weighed, holm,
    inverse_weighted_difference, thompson_weights,
};

const TOLERANCE: f64 = 1e-9;
/// Weights are drawn 10,000 times, so a share is off by four of its standard deviations at the most, but for chance of 1 in
/// 10,000 that the fixed seed decides.
const DRAWN_BUCKETS: f64 = 4.0 * 50.0;

#[derive(Deserialize)]
struct Corrections {
    holm: Vec<Adjustment>,
    cuped: Vec<Cuped>,
    foretold: Past,
    inverse_weighted: Vec<Inverse>,
    thompson: Vec<Sampled>,
    coverage: Dropped,
    figures: Told,
    duration: Vec<Planned>,
}

#[derive(Deserialize)]
struct Adjustment {
    p_values: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Cuped {
    units: Vec<(usize, f64, f64)>,
    difference: f64,
    slope: f64,
    standard_error: f64,
    saved: f64,
}

/// Subjects are an arm, numbers of answers and of right ones, and the past where there is one.
#[derive(Deserialize)]
struct Past {
    subjects: Vec<(usize, usize, usize, Option<f64>)>,
    planned: u64,
    difference: f64,
    standard_error: f64,
    interval: (f64, f64),
}

/// Units are an arm, the probability of it, and a value.
#[derive(Deserialize)]
struct Inverse {
    units: Vec<(usize, f64, f64)>,
    difference: f64,
    standard_error: f64,
    fewest: u64,
}

#[derive(Deserialize)]
struct Sampled {
    arms: Vec<(u64, u64)>,
    floor: u16,
    weights: Vec<f64>,
}

/// Answers are a subject, an item, the wait in milliseconds, and whether control and shadow are right.
#[derive(Deserialize)]
struct Dropped {
    answers: Vec<(usize, usize, u64, bool, Option<bool>)>,
    planned: u64,
    value: f64,
    standard_error: f64,
    bounds: (f64, f64),
    strata: Vec<(u64, u64, u64)>,
    interval: (f64, f64),
}

/// Answers are a subject, the right label, and the answered one; figures a value, low and high.
#[derive(Deserialize)]
struct Told {
    answers: Vec<(usize, usize, usize)>,
    planned: u64,
    accuracy: (f64, f64, f64),
    average_recall: (f64, f64, f64),
}

/// Written as a list.
#[derive(Deserialize)]
struct Planned {
    control: f64,
    difference: f64,
    correlation: f64,
    answers_per_unit: f64,
    power: f64,
    agreement: f64,
    planned: u64,
    live: u64,
    shadow: u64,
}

fn corrections() -> Corrections {
    serde_json::from_str(include_str!("../../reference/corrections.json")).expect("the committed figures")
}

/// Fails unless the two are alike, relative to the expected one when it is above 1.
#[track_caller]
fn assert_close(own: f64, expected: f64) {
    let distance = (own - expected).abs() / expected.abs().max(1.0);
    assert!(distance < TOLERANCE, "{own} instead of {expected}");
}

#[track_caller]
fn assert_interval(own: Option<Interval>, (low, high): (f64, f64)) {
    let own = own.expect("enough subjects");
    assert_close(own.low, low);
    assert_close(own.high, high);
}

fn answer(subject: usize, item: usize, arm: usize, judgement: Judgement) -> Observation {
    Observation {
        subject: format!("subject-{subject}"),
        item: item.to_string(),
        arm: ArmIndex(arm),
        origin: Origin::Drawn,
        judgement,
        predicted: Some(0),
        probabilities: Vec::new(),
        confidence: 0.7,
        latency: Duration::from_millis(20),
        waited: Duration::ZERO,
        processor: Duration::from_millis(2),
        audio: Duration::from_secs(3),
        period: 0,
        absent: Vec::new(),
    }
}

const fn judged(right: bool) -> Judgement {
    if right { Judgement::Right } else { Judgement::Wrong }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for Adjustment { p_values, adjusted } in corrections().holm {
        let own = holm(&p_values);
        assert_eq!(own.len(), adjusted.len());
        own.into_iter().zip(adjusted).for_each(|(own, expected)| assert_close(own, expected));
    }
}

#[test]
fn cuped_has_the_slope_of_least_squares_and_the_spread_of_welchs_test() {
    for Cuped { units, difference, slope, standard_error, saved } in corrections().cuped {
        let of = |arm: usize| -> Vec<Foreseen> {
            let own = units.iter().filter(|(other, ..)| *other == arm);
            own.map(|(_, value, covariate)| Foreseen { value: *value, covariate: *covariate }).collect()
        };
        let adjusted = Adjusted::between(&of(0), &of(1)).unwrap();
        assert_close(adjusted.effect.value, difference);
        assert_close(adjusted.effect.standard_error, standard_error);
        assert_close(adjusted.slope, slope);
        assert_close(adjusted.saved, saved.clamp(0.0, 1.0));
    }
}

#[test]
fn who_has_no_past_gets_the_mean_of_those_who_have_one() {
    let Past { subjects, planned, difference, standard_error, interval } = corrections().foretold;
    let answers = subjects.iter().enumerate().flat_map(|(subject, &(arm, answers, right, _))| {
        (0..answers).map(move |item| answer(subject, item, arm, judged(item < right)))
    });
    let observations = Observations::new(answers, 2, 1).unwrap();
    let pasts = subjects.iter().enumerate();
    let past: HashMap<String, f64> = pasts
        .filter_map(|(subject, &(.., past))| past.map(|past| (format!("subject-{subject}"), past)))
        .collect();
    let sequence = Sequence::new(0.05, planned).unwrap();
    let own = Foretold::of(&observations, (ArmIndex(0), ArmIndex(1)), &past, &sequence).unwrap();
    assert_close(own.adjusted.effect.value, difference);
    assert_close(own.adjusted.effect.standard_error, standard_error);
    assert_interval(own.interval, interval);
}

#[test]
fn inverse_propensity_weights_are_means_of_terms_with_their_standard_error() {
    for Inverse { units, difference, standard_error, fewest } in corrections().inverse_weighted {
        let unit = |&(arm, probability, value): &(usize, f64, f64)| Weighed {
            arm: arm == 1,
            control: arm == 0,
            probability,
            value,
        };
        let units: Vec<Weighed> = units.iter().map(unit).collect();
        let effect = inverse_weighted_difference(&units).unwrap();
        assert_close(effect.value, difference);
        assert_close(effect.standard_error, standard_error);
        assert_eq!((effect.units, effect.fewest), (units.len() as u64, fewest));
    }
}

#[test]
fn weights_follow_the_probability_of_being_best_by_integration() {
    for Sampled { arms, floor, weights } in corrections().thompson {
        let tallies: Vec<Tally> = arms.iter().map(|&(right, wrong)| Tally { right, wrong }).collect();
        let own = thompson_weights(&tallies, floor, 1).unwrap();
        for (own, expected) in own.iter().zip(&weights) {
            assert!((f64::from(*own) - expected).abs() < DRAWN_BUCKETS, "{own} instead of {expected}");
        }
    }
}

#[test]
fn pairs_of_a_dropped_shadow_are_weighed_as_by_weighted_least_squares() {
    let Dropped { answers, planned, value, standard_error, bounds, strata, interval } =
        corrections().coverage;
    let mut definition = definition(&[10_000, 0]);
    definition.arms[1].role = Role::Shadow;
    definition.planned_units = planned;
    let plan = Plan { draws: 0, ..Plan::of(&Experiment::new(definition).unwrap()).unwrap() };
    let both = answers.iter().flat_map(|&(subject, item, wait, control, arm)| {
        let waited = Duration::from_millis(wait);
        let of = |arm, right| Observation { waited, ..answer(subject, item, arm, judged(right)) };
        [Some(of(0, control)), arm.map(|right| of(1, right))].into_iter().flatten()
    });
    let analysis = Analysis::of(&Observations::new(both, 2, 1).unwrap(), &plan).unwrap();
    let coverage = &analysis.paired[0].coverage;
    let own = coverage.strata.iter().map(|own| (own.waited.as_millis() as u64, own.answers, own.pairs));
    assert_eq!(own.collect::<Vec<_>>(), strata);
    let weighted = coverage.weighted.unwrap();
    assert_close(weighted.value, value);
    assert_close(weighted.standard_error, standard_error);
    assert_interval(coverage.interval, interval);
    let (low, high) = coverage.bounds.unwrap();
    assert_close(low, bounds.0);
    assert_close(high, bounds.1);
}

#[test]
fn figures_near_their_end_have_intervals_that_end_there() {
    let Told { answers, planned, accuracy, average_recall } = corrections().figures;
    let goal = |metric| Goal { metric, margin: 0.01 };
    let mut definition = definition(&[10_000, 0]);
    definition.arms[1].role = Role::Shadow;
    definition.planned_units = planned;
    definition.goals = vec![goal(Metric::Accuracy), goal(Metric::AverageRecall)];
    let plan = Plan { draws: 0, ..Plan::of(&Experiment::new(definition).unwrap()).unwrap() };
    let told = answers.iter().enumerate().map(|(item, &(subject, truth, answered))| Observation {
        predicted: Some(answered),
        ..answer(subject, item, 0, Judgement::Truth(truth))
    });
    let analysis = Analysis::of(&Observations::new(told, 2, 3).unwrap(), &plan).unwrap();
    let ends = [accuracy, average_recall].map(|(.., high)| high);
    assert!(ends.contains(&1.0), "an interval is cut: {ends:?}");
    for (own, (value, low, high)) in analysis.arms[0].figures.iter().zip([accuracy, average_recall]) {
        assert_close(own.value.unwrap(), value);
        assert_interval(own.interval, (low, high));
    }
}

#[test]
fn the_units_of_a_sequence_are_those_of_a_search_for_its_bound() {
    for own in corrections().duration {
        let Planned { control, difference, correlation, answers_per_unit, power, .. } = own;
        let target = Target { control, difference, correlation, answers_per_unit, share: 0.5, power };
        let sequence = Sequence::new(0.05, own.planned).unwrap();
        assert_eq!(target.units_sequential(&sequence), Some(own.live));
        assert_eq!(target.units_as_shadow(&sequence, own.agreement), Some(own.shadow));
    }
}
