//! Two models on the same audio.

use super::agreement::{Agreement, mcnemar};
use super::coverage::Coverage;
use super::estimate::Effect;
use super::interval::Interval;
use super::sequence::Sequence;
use super::sums::{Cluster, Sums};
use crate::assignment::ArmIndex;
use crate::observation::{Observation, Observations, Subject};
use std::collections::BTreeMap;

/// The difference of two rights lies between -1 and 1.
const DIFFERENCE_RANGE: f64 = 2.0;

/// What two arms said about the same audio. Where one is a shadow of the other, this is the comparison: what makes
/// audio hard is the same for both and falls out.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// The arm that was compared with the control.
    pub arm: ArmIndex,
    /// Pairs of answers about one piece of audio.
    pub pairs: u64,
    /// Share of the pairs in which both named a label that named the same; `None` without any.
    pub agreement: Option<f64>,
    /// Cohen's kappa of the two models' labels.
    pub kappa: Option<f64>,
    /// Judged pairs of which only the control was right.
    pub only_control_right: u64,
    /// Judged pairs of which only the arm was right.
    pub only_arm_right: u64,
    /// McNemar's exact p-value: for one look, and only where every subject has one pair.
    pub mcnemar_once: f64,
    /// Accuracy of the arm less that of the control, by subject.
    pub effect: Option<Effect>,
    /// Its interval, which holds at every look.
    pub accuracy: Option<Interval>,
    /// Its p-value, which holds at every look.
    pub p_value: Option<f64>,
    /// That p-value for as many arms as there are (Holm 1979).
    pub adjusted_p_value: Option<f64>,
    /// What of the control's answers has no pair, and what that may change.
    pub coverage: Coverage,
}

impl Paired {
    /// Compares `arm` with `control` on what both answered. Of several answers of one arm about one piece of audio
    /// the last one counts.
    pub fn of(observations: &Observations, control: ArmIndex, arm: ArmIndex, sequence: &Sequence) -> Self {
        let subjects = matched(observations.subjects(control), observations.subjects(arm));
        let pairs = || subjects.iter().flatten();
        let labels = |(control, arm): &(&Observation, &Observation)| control.predicted.zip(arm.predicted);
        let agreement = Agreement::of(pairs().filter_map(labels), observations.labels());
        let only = |control: bool, arm: bool| {
            pairs().filter(|pair| rights(pair) == Some((control, arm))).count() as u64
        };
        let (only_control_right, only_arm_right) = (only(true, false), only(false, true));
        let effect = effect(&subjects);
        let coverage = Coverage::of(observations, (control, arm), sequence);
        Self {
            arm,
            pairs: pairs().count() as u64,
            agreement: agreement.as_ref().map(Agreement::share),
            kappa: agreement.as_ref().and_then(Agreement::kappa),
            only_control_right,
            only_arm_right,
            mcnemar_once: mcnemar(only_control_right, only_arm_right),
            effect,
            accuracy: effect.and_then(|effect| sequence.interval(&effect)).map(|own| own.within((-1.0, 1.0))),
            p_value: effect.and_then(|effect| sequence.p_value(&effect)),
            adjusted_p_value: None,
            coverage,
        }
    }
}

/// An empty sum of differences of two rights, one per pair and arranged by subject.
pub const fn paired_sums() -> Sums {
    Sums::new(DIFFERENCE_RANGE)
}

fn effect(subjects: &[Vec<(&Observation, &Observation)>]) -> Option<Effect> {
    let mut sums = paired_sums();
    for pairs in subjects {
        let mut cluster = Cluster::default();
        for (control, arm) in pairs.iter().filter_map(rights) {
            cluster.weight += 1.0;
            cluster.value += f64::from(u8::from(arm)) - f64::from(u8::from(control));
        }
        sums.push(cluster);
    }
    sums.estimate().map(Effect::from)
}

fn rights((control, arm): &(&Observation, &Observation)) -> Option<(bool, bool)> {
    control.correct().zip(arm.correct())
}

fn matched<'a>(control: &'a [Subject], arm: &'a [Subject]) -> Vec<Vec<(&'a Observation, &'a Observation)>> {
    let mut answers: BTreeMap<(&str, &str), &Observation> = BTreeMap::new();
    for answer in arm.iter().flatten() {
        answers.insert((&answer.subject, &answer.item), answer);
    }
    let pairs = |subject: &'a Subject| {
        let own: BTreeMap<&str, &Observation> =
            subject.iter().map(|answer| (answer.item.as_str(), answer)).collect();
        let pair = |answer: &'a Observation| {
            Some((answer, *answers.get(&(answer.subject.as_str(), answer.item.as_str()))?))
        };
        own.into_values().filter_map(pair).collect()
    };
    control.iter().map(pairs).collect()
}
