//! A difference with what was known of the subjects before.

use super::covariate::{Adjusted, Foreseen};
use super::interval::Interval;
use super::sequence::Sequence;
use crate::assignment::ArmIndex;
use crate::observation::{Observations, Subject};
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
    /// than two, or an arm has too few judged subjects.
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
        let [control, other] = means.each_ref().map(|arm| {
            let foreseen = arm
                .iter()
                .map(|(subject, value)| Foreseen { value: *value, covariate: of(subject).unwrap_or(mean) });
            foreseen.collect::<Vec<_>>()
        });
        let adjusted = Adjusted::between(&control, &other)?;
        let interval = sequence.interval(&adjusted.effect).map(|own| own.within((-1.0, 1.0)));
        let subjects = (control.len() + other.len()) as u64;
        Some(Self { arm, adjusted, interval, subjects, known: known.len() as u64 })
    }
}

/// Every judged subject with the share of its answers that are right.
fn means(subjects: &[Subject]) -> Vec<(&str, f64)> {
    let mean = |subject: &Subject| {
        let rights: Vec<bool> = subject.iter().filter_map(|answer| answer.correct()).collect();
        (!rights.is_empty())
            .then(|| rights.iter().filter(|right| **right).count() as f64 / rights.len() as f64)
    };
    subjects.iter().filter_map(|subject| Some((subject.first()?.subject.as_str(), mean(subject)?))).collect()
}
