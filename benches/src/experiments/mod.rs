//! Experiments of which the truth is known: how often the analysis is right.

mod ratio;
mod shadow;
mod trial;

use crate::{Aim, Report, Run};
use anyhow::Result;
use ratio::RatioTrials;
use shadow::ShadowTrials;
use trial::{Calls, Trial};
use undertone_experiments::Target;

/// Accuracy of an arm and of a better one.
const RIGHT: [f64; 2] = [0.72, 0.75];
/// Accuracy near its end, where a mean of few answers is least normal.
const NEARLY_ALWAYS_RIGHT: f64 = 0.97;
/// Answers of a simulated experiment, and between looks.
const ANSWERS: usize = 10_000;
const LOOK_EVERY: usize = 100;
/// Answers of one that goes on beyond its plan, and of one that is planned for few.
const LONG_ANSWERS: usize = 40_000;
const SMALL: usize = 200;
const ANSWERS_PER_SUBJECT: usize = 5;
/// Intra-subject correlation of right answers.
const CORRELATION: f64 = 0.3;
/// Share of the audio about which two models are right or wrong together. Measured by `cargo xtask demo experiment`: of 9,660
/// utterances of actors that neither model was trained on, the CNN alone was right about 1,404 and the LSTM alone about 1,079.
const AGREEMENT: f64 = 1.0 - (1_404.0 + 1_079.0) / 9_660.0;
const ALPHA: f64 = 0.05;

/// Simulates experiments with fixed seeds and puts the real analysis to them.
pub fn measure_experiments(quick: bool) -> Result<Report> {
    let experiments = if quick { 500 } else { 10_000 };
    let mut figures = Run::new();
    nulls(&mut figures, experiments)?;
    effects(&mut figures, experiments / 5)?;
    clusters(&mut figures, experiments / 5)?;
    shadows(&mut figures, experiments / 5)?;
    ratios(&mut figures, experiments / 5)?;
    let aims = [
        ("aa_false_positive", Aim::AtMost(ALPHA)),
        ("srm_false_alarm", Aim::AtMost(0.01)),
        ("paired_sample_ratio", Aim::AtMost(0.5)),
        ("coverage", Aim::AtLeast(1.0 - ALPHA)),
        ("clustered_coverage", Aim::AtLeast(1.0 - ALPHA)),
        ("srm_power", Aim::AtLeast(0.95)),
    ];
    let report = Report::new("experiments", aims, vec![figures])
        .with_headline("aa_false_positive_naive")
        .with_headline("power")
        .about("experiments", format!("{experiments} without and {} with a difference", experiments / 5))
        .about("agreement", format!("right or wrong together {AGREEMENT:.3}, as measured on two models"));
    Ok(report)
}

/// Arms that are alike.
fn nulls(figures: &mut Run, experiments: usize) -> Result<()> {
    let calls = trial([RIGHT[0]; 2]).repeat(experiments, 1)?;
    figures.insert("aa_false_positive", calls.ever(Calls::SEQUENTIAL));
    figures.insert("aa_false_positive_naive", calls.ever(Calls::PEEKING));
    let nearly = trial([NEARLY_ALWAYS_RIGHT; 2]);
    figures.insert("aa_false_positive_97", nearly.repeat(experiments, 2)?.ever(Calls::SEQUENTIAL));
    let small = Trial { subjects: SMALL, planned: SMALL, look_every: 10, ..nearly };
    figures.insert("aa_false_positive_97_small", small.repeat(experiments, 11)?.ever(Calls::SEQUENTIAL));
    let small = Trial { right: [RIGHT[0]; 2], ..small };
    figures.insert("aa_false_positive_small", small.repeat(experiments, 12)?.ever(Calls::SEQUENTIAL));
    Ok(())
}

/// An arm that is better.
fn effects(figures: &mut Run, experiments: usize) -> Result<()> {
    let calls = Trial { subjects: LONG_ANSWERS, ..trial(RIGHT) }.repeat(experiments, 3)?;
    figures.insert("power", calls.by(Calls::SEQUENTIAL, ANSWERS));
    figures.insert("power_twice_as_long", calls.by(Calls::SEQUENTIAL, 2 * ANSWERS));
    figures.insert("median_stopping", calls.median_stopping());
    figures.insert("coverage", calls.always_covered(Calls::SEQUENTIAL));
    figures.insert("coverage_naive", calls.always_covered(Calls::PEEKING));
    let once = trial(RIGHT).repeat(experiments, 4)?;
    figures.insert("power_once", once.at_end());
    let target = Target {
        control: RIGHT[0],
        difference: RIGHT[1] - RIGHT[0],
        correlation: 0.0,
        answers_per_unit: 1.0,
        share: 0.5,
        power: 0.8,
    };
    figures.extend(target.units_once(ALPHA).map(|units| ("answers_once_for_power_80", units as f64)));
    Ok(())
}

/// Several answers per subject, which are alike.
fn clusters(figures: &mut Run, experiments: usize) -> Result<()> {
    let clustered = Trial {
        subjects: LONG_ANSWERS / ANSWERS_PER_SUBJECT,
        planned: ANSWERS / ANSWERS_PER_SUBJECT,
        answers_per_subject: ANSWERS_PER_SUBJECT,
        correlation: CORRELATION,
        look_every: LOOK_EVERY / ANSWERS_PER_SUBJECT,
        ..trial(RIGHT)
    };
    let calls = clustered.repeat(experiments, 5)?;
    figures.insert("clustered_coverage", calls.always_covered(Calls::SEQUENTIAL));
    figures.insert("clustered_coverage_naive", calls.always_covered(Calls::WITHOUT_SUBJECTS));
    figures.insert("clustered_coverage_once", calls.covered_at_end(Calls::PEEKING));
    figures.insert("clustered_coverage_once_naive", calls.covered_at_end(Calls::PEEKING_WITHOUT_SUBJECTS));
    let as_planned = Trial { subjects: clustered.planned, ..clustered }.repeat(experiments, 13)?;
    figures.insert("clustered_coverage_as_planned", as_planned.always_covered(Calls::SEQUENTIAL));
    let naive = as_planned.always_covered(Calls::WITHOUT_SUBJECTS);
    figures.insert("clustered_coverage_as_planned_naive", naive);
    let calls = Trial { right: [RIGHT[0]; 2], ..clustered }.repeat(experiments, 6)?;
    figures.insert("clustered_aa_false_positive", calls.ever(Calls::SEQUENTIAL));
    figures.insert("clustered_aa_false_positive_naive", calls.ever(Calls::WITHOUT_SUBJECTS));
    Ok(())
}

/// Two models on the same audio against two on different audio.
fn shadows(figures: &mut Run, experiments: usize) -> Result<()> {
    let unpaired = Trial { subjects: LONG_ANSWERS, ..trial(RIGHT) }.repeat(experiments, 7)?.median_stopping();
    let shadow =
        ShadowTrials { right: RIGHT, agreement: AGREEMENT, answers: LONG_ANSWERS, look_every: LOOK_EVERY };
    let paired = shadow.repeat(experiments, 8, ALPHA)?;
    figures.insert("paired_sample_ratio", paired.median_stopping / unpaired);
    figures.insert("paired_median_stopping", paired.median_stopping);
    figures.insert("paired_coverage", paired.always_covered);
    Ok(())
}

/// Units that go where they should, and units that do not.
fn ratios(figures: &mut Run, experiments: usize) -> Result<()> {
    let right = RatioTrials { share: 0.5, units: 100_000, look_every: 1000 };
    let wrong = RatioTrials { share: 0.49, ..right };
    let (alarms, wrong_alarms) = (right.repeat(experiments, 9)?, wrong.repeat(experiments, 10)?);
    figures.insert("srm_false_alarm", alarms.sequential);
    figures.insert("srm_false_alarm_naive", alarms.peeking);
    figures.insert("srm_power", wrong_alarms.sequential);
    Ok(())
}

/// Independent answers to two arms.
fn trial(right: [f64; 2]) -> Trial {
    Trial {
        right,
        subjects: ANSWERS,
        answers_per_subject: 1,
        correlation: 0.0,
        look_every: LOOK_EVERY,
        planned: ANSWERS,
        alpha: ALPHA,
    }
}

/// The lower of two middle ones; NaN of none.
fn median(mut values: Vec<usize>) -> f64 {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).map_or(f64::NAN, |value| *value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_again_and_again_calls_equal_arms_different_only_without_a_sequence() {
        let calls = Trial { subjects: 3000, ..trial([0.72; 2]) }.repeat(300, 1).unwrap();
        assert!(calls.ever(Calls::SEQUENTIAL) <= 0.05, "{}", calls.ever(Calls::SEQUENTIAL));
        assert!(calls.ever(Calls::PEEKING) > 0.15, "{}", calls.ever(Calls::PEEKING));
    }

    #[test]
    fn intervals_hold_the_truth_at_every_look() {
        let calls = Trial { subjects: 3000, ..trial([0.72, 0.75]) }.repeat(300, 2).unwrap();
        assert!(calls.always_covered(Calls::SEQUENTIAL) >= 0.95);
    }

    #[test]
    fn answers_of_one_subject_deceive_only_who_takes_them_as_independent() {
        let clustered = Trial {
            subjects: 600,
            answers_per_subject: 5,
            correlation: 0.3,
            look_every: 20,
            planned: 100,
            ..trial(RIGHT)
        };
        let calls = clustered.repeat(300, 3).unwrap();
        assert!(calls.always_covered(Calls::SEQUENTIAL) >= 0.95);
        assert!(calls.always_covered(Calls::WITHOUT_SUBJECTS) < 0.9);
        assert!(calls.covered_at_end(Calls::PEEKING_WITHOUT_SUBJECTS) < 0.9);
    }

    #[test]
    fn a_shadow_needs_fewer_answers() {
        let unpaired = Trial { subjects: 20_000, ..trial([0.72, 0.77]) }.repeat(60, 4).unwrap();
        let shadow = ShadowTrials { right: [0.72, 0.77], agreement: 0.8, answers: 20_000, look_every: 100 };
        let paired = shadow.repeat(60, 5, 0.05).unwrap();
        assert!(2.0 * paired.median_stopping < unpaired.median_stopping());
    }

    #[test]
    fn a_ratio_that_is_off_is_found_and_a_right_one_is_not() {
        let right = RatioTrials { share: 0.5, units: 20_000, look_every: 500 };
        assert!(right.repeat(200, 6).unwrap().sequential <= 0.01);
        assert!(RatioTrials { share: 0.47, ..right }.repeat(50, 7).unwrap().sequential > 0.95);
    }
}
