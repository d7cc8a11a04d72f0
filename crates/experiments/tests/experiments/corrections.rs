//! What is done about shadows that were dropped, and with what was known before.

use crate::support::definition;
use std::collections::HashMap;
use std::time::Duration;
use undertone_core::Role;
use undertone_experiments::{
    Analysis, ArmIndex, Coverage, Definition, Experiment, Foretold, Generator, Judgement, Observation,
    Observations, Origin, Plan, Sequence, Tally, Weighed, inverse_weighted_difference, thompson_weights,
};

const LABELS: usize = 2;

fn answer(subject: usize, arm: usize, right: bool, waited: Duration) -> Observation {
    Observation {
        subject: format!("subject-{subject}"),
        item: "1".to_owned(),
        arm: ArmIndex(arm),
        origin: Origin::Drawn,
        judgement: if right { Judgement::Right } else { Judgement::Wrong },
        predicted: Some(0),
        probabilities: Vec::new(),
        confidence: 0.7,
        latency: Duration::from_millis(20) + waited,
        waited,
        processor: Duration::from_millis(2),
        audio: Duration::from_secs(3),
        period: 0,
        absent: Vec::new(),
    }
}

fn with_a_shadow() -> Plan {
    let mut definition = definition(&[10_000, 0]);
    definition.arms[1].role = Role::Shadow;
    Plan {
        draws: 0,
        ..Plan::of(&Experiment::new(definition).expect("a definition without mistakes"))
            .expect("a definition without mistakes")
    }
}

/// A shadow that is better by 20 points in quiet hours and worse by 10 in busy ones, in which it is mostly dropped.
fn busy(dropped: f64) -> Analysis {
    let mut generator = Generator::new(7);
    let mut observations = Vec::new();
    for subject in 0..6000 {
        let busy = subject % 2 == 0;
        let waited = Duration::from_millis(if busy { 80 } else { 5 } + generator.below(5) as u64);
        observations.push(answer(subject, 0, generator.chance(0.6), waited));
        let right = generator.chance(if busy { 0.5 } else { 0.8 });
        if !busy || !generator.chance(dropped) {
            observations.push(answer(subject, 1, right, Duration::ZERO));
        }
    }
    let observations = Observations::new(observations, 2, LABELS).expect("answers that can be");
    Analysis::of(&observations, &with_a_shadow()).expect("a plan with its control")
}

#[test]
fn pairs_that_load_took_are_made_up_for_by_those_that_waited_as_long() {
    let analysis = busy(0.9);
    let Coverage { answers, pairs, interval, bounds, with_less_without, .. } =
        analysis.paired[0].coverage.clone();
    assert!(answers == 6000 && (3200..3400).contains(&pairs), "{pairs}");
    let plain = analysis.paired[0].accuracy.unwrap();
    assert!(!plain.contains(0.05), "pairs alone are those of quiet hours: {plain:?}");
    let interval = interval.unwrap();
    assert!(interval.contains(0.05), "{interval:?}");
    let (low, high) = bounds.unwrap();
    assert!(low < interval.low && interval.high < high, "{low} {high}");
    assert!(with_less_without.unwrap().contains(0.0), "the control is as often right in busy hours");
}

#[test]
fn nothing_is_corrected_where_nothing_was_dropped() {
    let coverage = &busy(0.0).paired[0].coverage;
    assert_eq!((coverage.pairs, coverage.share()), (6000, 1.0));
    assert!(coverage.weighted.is_none() && coverage.interval.is_none());
    let (low, high) = coverage.bounds.unwrap();
    assert!((low - high).abs() < 1e-12, "nothing is left open");
}

#[test]
fn answers_that_a_stopped_shadow_could_not_hear_are_not_missing() {
    let mut generator = Generator::new(8);
    let mut observations = Vec::new();
    for subject in 0..1000 {
        let absent = if subject < 400 { Vec::new() } else { vec![ArmIndex(1)] };
        let own = answer(subject, 0, generator.chance(0.7), Duration::ZERO);
        observations.push(Observation { absent, ..own });
        if subject < 400 {
            observations.push(answer(subject, 1, generator.chance(0.7), Duration::ZERO));
        }
    }
    let observations = Observations::new(observations, 2, LABELS).unwrap();
    let coverage = Analysis::of(&observations, &with_a_shadow()).unwrap().paired[0].coverage.clone();
    assert_eq!((coverage.answers, coverage.pairs, coverage.weighted), (400, 400, None));
}

#[test]
fn waits_of_which_no_answer_has_a_pair_are_taken_with_their_neighbours() {
    let strata = &busy(1.0).paired[0].coverage.strata;
    assert!(!strata.is_empty() && strata.iter().all(|own| own.pairs > 0), "{strata:?}");
    assert_eq!(strata.iter().map(|own| own.answers).sum::<u64>(), 6000);
}

#[test]
fn comparisons_of_live_arms_and_shadows_share_the_alpha() {
    let mut definition = definition(&[5000, 5000, 0]);
    definition.arms[2].role = Role::Shadow;
    let plan = Plan { draws: 0, ..Plan::of(&Experiment::new(definition).unwrap()).unwrap() };
    let mut generator = Generator::new(3);
    let mut observations = Vec::new();
    for subject in 0..2000 {
        observations.push(answer(subject, subject % 2, generator.chance(0.7), Duration::ZERO));
        observations.push(answer(subject, 2, generator.chance(0.7), Duration::ZERO));
    }
    let observations = Observations::new(observations, 3, LABELS).unwrap();
    let analysis = Analysis::of(&observations, &plan).unwrap();
    let paired = &analysis.paired[0];
    assert_eq!(paired.accuracy, plan.sequence.shared(2).interval(&paired.effect.unwrap()));
    let p_values = [analysis.differences[0].changes[0].p_value.unwrap(), paired.p_value.unwrap()];
    let adjusted = [analysis.differences[0].adjusted_p_value.unwrap(), paired.adjusted_p_value.unwrap()];
    for (own, adjusted) in undertone_experiments::holm(&p_values).into_iter().zip(adjusted) {
        assert!((own - adjusted).abs() < 1e-12);
    }
}

#[test]
fn figures_stay_where_figures_can_be() {
    let experiment =
        Experiment::new(Definition { planned_units: 100_000, ..definition(&[5000, 5000]) }).unwrap();
    let plan = Plan { draws: 0, ..Plan::of(&experiment).unwrap() };
    let answers = (0..60).map(|subject| answer(subject, subject % 2, true, Duration::ZERO));
    let analysis = Analysis::of(&Observations::new(answers, 2, LABELS).unwrap(), &plan).unwrap();
    for arm in &analysis.arms {
        let interval = arm.figures[0].interval.unwrap();
        assert!(interval.high <= 1.0 && interval.low < 1.0, "{interval:?}");
    }
}

/// Subjects of whom some are easier to understand than others, before as well as later.
fn foretold(known: impl Fn(usize) -> bool) -> (Foretold, f64) {
    let mut generator = Generator::new(5);
    let (mut observations, mut past) = (Vec::new(), HashMap::new());
    for subject in 0..4000 {
        let easy = if generator.chance(0.5) { 0.9 } else { 0.4 };
        let arm = subject % 2;
        for item in 0..4 {
            let right = generator.chance(easy + 0.05 * arm as f64);
            observations
                .push(Observation { item: item.to_string(), ..answer(subject, arm, right, Duration::ZERO) });
        }
        if known(subject) {
            let before = (0..10).filter(|_| generator.chance(easy)).count();
            past.insert(format!("subject-{subject}"), before as f64 / 10.0);
        }
    }
    let observations = Observations::new(observations, 2, LABELS).expect("answers that can be");
    let sequence = Sequence::new(0.05, 4000).expect("a sequence that can be");
    let arms = (ArmIndex(0), ArmIndex(1));
    let own = Foretold::of(&observations, arms, &past, &sequence).expect("subjects with a past");
    let interval = own.interval.expect("enough subjects");
    assert!(interval.contains(0.05), "{interval:?}");
    (own, interval.high - interval.low)
}

#[test]
fn what_was_known_before_narrows_the_interval_and_the_more_of_whom_the_more() {
    let ((all, narrow), (half, wide)) = (foretold(|_| true), foretold(|subject| subject % 4 < 2));
    assert_eq!((all.known, half.known, all.subjects), (4000, 2000, 4000));
    assert!(all.adjusted.saved > 0.35 && half.adjusted.saved > 0.1, "{all:?} {half:?}");
    assert!(narrow < wide, "{narrow} {wide}");
}

/// The arm gets a twentieth of the subjects while answers are easy, and half of them once they are hard. It is better by
/// `difference` at any time. Gives the interval with what was known before, and with nothing but noise known.
fn ramped(seed: u64, difference: f64) -> [Foretold; 2] {
    let mut generator = Generator::new(seed);
    let (mut observations, mut past, mut noise) = (Vec::new(), HashMap::new(), HashMap::new());
    for subject in 0..6000 {
        let period = u32::from(subject >= 3000);
        let arm = usize::from(generator.chance(if period == 0 { 0.05 } else { 0.5 }));
        let easy = if generator.chance(0.5) { 0.8 } else { 0.4 };
        for item in 0..4 {
            let chance = easy - 0.15 * f64::from(period) + difference * arm as f64;
            let own = answer(subject, arm, generator.chance(chance), Duration::ZERO);
            observations.push(Observation { item: item.to_string(), period, ..own });
        }
        let before = (0..10).filter(|_| generator.chance(easy)).count() as f64 / 10.0;
        past.insert(format!("subject-{subject}"), before);
        noise.insert(format!("subject-{subject}"), f64::from(u8::from(generator.chance(0.5))));
    }
    let observations = Observations::new(observations, 2, LABELS).expect("answers that can be");
    let sequence = Sequence::new(0.05, 6000).expect("a sequence that can be");
    [past, noise].map(|own| {
        let arms = (ArmIndex(0), ArmIndex(1));
        Foretold::of(&observations, arms, &own, &sequence).expect("subjects with a past")
    })
}

#[test]
fn where_weights_changed_what_was_known_before_is_taken_out_within_the_times_between() {
    for (seed, difference) in [(1, 0.0), (2, 0.0), (3, 0.06), (4, -0.06)] {
        let [known, noise] = ramped(seed, difference);
        let (narrow, wide) = (known.interval.unwrap(), noise.interval.unwrap());
        assert!(narrow.contains(difference) && wide.contains(difference), "{narrow:?} {wide:?}");
        assert!(known.adjusted.saved > 0.2 && noise.adjusted.saved < 0.01, "{known:?} {noise:?}");
        assert!(narrow.high - narrow.low < 0.9 * (wide.high - wide.low), "{narrow:?} {wide:?}");
        assert_eq!((known.subjects, known.known), (6000, 6000));
    }
}

#[test]
fn without_a_past_nothing_is_foretold() {
    let answers = (0..100).map(|subject| answer(subject, subject % 2, subject % 3 > 0, Duration::ZERO));
    let observations = Observations::new(answers, 2, LABELS).unwrap();
    let sequence = Sequence::new(0.05, 100).unwrap();
    assert_eq!(Foretold::of(&observations, (ArmIndex(0), ArmIndex(1)), &HashMap::new(), &sequence), None);
}

/// Experiments whose weights follow the evidence, looked at at every change of the weights: how many of them ever called the
/// arms different, and how many intervals held the difference at every look.
fn followed(difference: f64, experiments: u64) -> (u64, u64) {
    let (mut called, mut held) = (0, 0);
    for seed in 0..experiments {
        let mut generator = Generator::new(1000 + seed);
        let (mut tallies, mut units, mut share) = ([Tally::default(); 2], Vec::new(), 0.5);
        let (mut different, mut right_at_all) = (false, true);
        let sequence = Sequence::new(0.05, 2000).expect("a sequence that can be");
        for unit in 0..2000_u32 {
            let arm = generator.chance(share);
            // All get better with time.
            let chance = 0.6 + 0.1 * f64::from(unit) / 2000.0 + if arm { difference } else { 0.0 };
            let right = generator.chance(chance);
            let tally = &mut tallies[usize::from(arm)];
            tally.right += u64::from(right);
            tally.wrong += u64::from(!right);
            let probability = if arm { share } else { 1.0 - share };
            units.push(Weighed { arm, control: !arm, probability, value: f64::from(u8::from(right)) });
            if unit % 200 == 199 {
                let effect = inverse_weighted_difference(&units).expect("many units");
                if let Some(interval) = sequence.interval(&effect) {
                    different |= !interval.contains(0.0);
                    right_at_all &= interval.contains(difference);
                }
                let weights =
                    thompson_weights(&tallies, 1000, u64::from(unit)).expect("a floor that leaves room");
                share = f64::from(weights[1]) / 10_000.0;
            }
        }
        called += u64::from(different);
        held += u64::from(right_at_all);
    }
    (called, held)
}

#[test]
fn weights_that_follow_the_evidence_do_not_spoil_what_is_said_about_the_arms() {
    let (called, _) = followed(0.0, 200);
    assert!(called <= 10, "equal arms were called different in {called} of 200");
    let (found, held) = followed(0.1, 200);
    assert!(held >= 190, "the difference was in all intervals of {held} of 200");
    assert!(found >= 100, "a difference of 10 points was found in {found} of 200");
}
