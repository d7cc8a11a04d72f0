//! A difference with what was known of the subjects before.

use super::covariate::{Adjusted, Foreseen};
use super::interval::Interval;
use super::sequence::Sequence;
use super::strata::Strata;
use crate::assignment::ArmIndex;
use crate::definition::Metric;
use crate::observation::{Observation, Observations, Subject};
use std::collections::HashMap;

/// The difference of two arms' accuracies, less what was known of their subjects before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foretold {
    /// The arm that was compared with the control.
    pub arm: ArmIndex,
    /// The difference. Every subject weighs the same in it.
    pub adjusted: Adjusted,
    /// Its interval, which holds at every look.
    pub interval: Option<Interval>,
    /// Judged subjects of both arms.
    pub subjects: u64,
    /// Those of which something was known.
    pub known: u64,
}

impl Foretold {
    /// Compares `arm` with `control`, where `past` holds what was known of subjects before they were exposed. Of whom
    /// nothing was known the mean of the others is taken, which changes nothing for them. `None` when it was known of fewer
    /// than two, or an arm has too few judged subjects. Where weights changed, arms are compared within the times between.
    pub fn of(
        observations: &Observations,
        (control, arm): (ArmIndex, ArmIndex),
        past: &HashMap<String, f64>,
        sequence: &Sequence,
    ) -> Option<Self> {
        let means = [control, arm].map(|arm| means(observations.subjects(arm)));
        let of = |subject: &str| past.get(subject).copied().filter(|own| own.is_finite());
        let known: Vec<f64> = means.iter().flatten().filter_map(|(subject, _)| of(subject)).collect();
        if known.len() < 2 {
            return None;
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let foreseen = |answers: &[Observation]| {
            let covariate = of(&answers.first()?.subject).unwrap_or(mean);
            Some(Foreseen { value: right_share(answers)?, covariate })
        };
        let subjects = [control, arm].map(|arm| slices(observations.subjects(arm)));
        let adjusted = match observations.periods() {
            0 | 1 => {
                let own = subjects.each_ref().map(|arm| arm.iter().filter_map(|own| foreseen(own)).collect());
                let [control, other]: [Vec<Foreseen>; 2] = own;
                Adjusted::between(&control, &other)?
            }
            _ => {
                let [control, other] = &subjects;
                let strata = Strata::of(Metric::Accuracy, control, other)?;
                let told = |own: &[Observation]| foreseen(own).map(|own| [own.value, own.covariate]);
                Adjusted::within(&strata, &strata.pooled(control, told)?, &strata.pooled(other, told)?)
            }
        };
        let interval = sequence.interval(&adjusted.effect).map(|own| own.within((-1.0, 1.0)));
        let subjects = means.iter().map(|arm| arm.len() as u64).sum();
        Some(Self { arm, adjusted, interval, subjects, known: known.len() as u64 })
    }
}

/// Every judged subject with the share of its answers that are right.
fn means(subjects: &[Subject]) -> Vec<(&str, f64)> {
    let of = |subject: &Subject| right_share(subject);
    let named = subjects.iter().filter_map(|own| own.first().map(|answer| (answer.subject.as_str(), own)));
    named.filter_map(|(name, own)| Some((name, of(own)?))).collect()
}

fn right_share(answers: &[Observation]) -> Option<f64> {
    let rights: Vec<bool> = answers.iter().filter_map(Observation::correct).collect();
    let count = rights.iter().filter(|right| **right).count();
    (!rights.is_empty()).then(|| count as f64 / rights.len() as f64)
}

fn slices(subjects: &[Subject]) -> Vec<&[Observation]> {
    subjects.iter().map(Vec::as_slice).collect()
}
