//! The difference of two arms whose weights changed.

use super::periods::Periods;
use crate::experiments::Kept;
use std::collections::{HashMap, HashSet};
use undertone_core::UnixMicros;
use undertone_experiments::{
    ArmIndex, Effect, Interval, Observation, Origin, Plan, Tally, Unit, Weighed, inverse_weighted_difference,
};
use undertone_store::Exposure;

/// An arm against the control, every subject weighted by how likely its arm was when it got it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weighted {
    pub(crate) arm: ArmIndex,
    /// Share of right answers per subject, arm less control.
    pub(crate) effect: Effect,
    pub(crate) interval: Option<Interval>,
    pub(crate) p_value: Option<f64>,
}

/// Right and judged answers by subject and arm.
type Rights<'a> = HashMap<(&'a str, ArmIndex), (f64, f64)>;

/// The arms against the control, where weights follow the evidence or changed while units came. Units that nobody judged
/// are passed over, and answers of an arm that a unit got later, and units that could not get both: these would count as such
/// that show no difference.
pub(super) fn weighted(
    kept: &Kept,
    (exposures, periods): (&[Exposure], &Periods),
    answers: &[Observation],
    plan: &Plan,
) -> Vec<Weighted> {
    if kept.experiment.definition().unit == Unit::Stream || !is_weighed(kept, exposures) {
        return Vec::new();
    }
    let rights = rights(answers);
    let units = exposures.iter().filter(|own| !own.forced).filter_map(|own| {
        let arm = kept.arm_named(&own.arm)?;
        let (right, judged) = rights.get(&(own.unit.as_str(), arm))?;
        Some((own.at, arm, own.share, right / judged))
    });
    let units: Vec<(UnixMicros, ArmIndex, f64, f64)> = units.collect();
    let sequence = plan.sequence.shared(plan.comparisons());
    let weighted = plan.rivals().into_iter().filter_map(|arm| {
        let both = |own: &&(UnixMicros, ArmIndex, f64, f64)| periods.compares(own.0, [arm, plan.control]);
        let own = |(_, got, probability, value): &(UnixMicros, ArmIndex, f64, f64)| Weighed {
            arm: *got == arm,
            control: *got == plan.control,
            probability: *probability,
            value: *value,
        };
        let effect = inverse_weighted_difference(&units.iter().filter(both).map(own).collect::<Vec<_>>())?;
        let interval = sequence.interval(&effect).map(|own| own.within((-1.0, 1.0)));
        Some(Weighted { arm, effect, interval, p_value: sequence.p_value(&effect) })
    });
    weighted.collect()
}

/// What each arm's subjects say for weights that follow the evidence: every subject is one answer, since answers of one
/// person are alike.
pub(super) fn tallies(answers: &[Observation], arms: usize) -> Vec<Tally> {
    let mut sums = vec![(0.0, 0.0); arms];
    for ((_, arm), (right, judged)) in rights(answers) {
        if let Some(sum) = sums.get_mut(arm.0) {
            *sum = (sum.0 + right / judged, sum.1 + 1.0);
        }
    }
    // Whole numbers of people: casts round towards zero and lose nothing else.
    let tally = |(right, subjects): &(f64, f64)| Tally {
        right: right.round() as u64,
        wrong: (subjects - right).round() as u64,
    };
    sums.iter().map(tally).collect()
}

fn rights(answers: &[Observation]) -> Rights<'_> {
    let mut rights = Rights::new();
    for own in answers.iter().filter(|own| own.origin == Origin::Drawn) {
        let Some(right) = own.correct() else { continue };
        let sum = rights.entry((own.subject.as_str(), own.arm)).or_insert((0.0, 0.0));
        *sum = (sum.0 + f64::from(u8::from(right)), sum.1 + 1.0);
    }
    rights
}

fn is_weighed(kept: &Kept, exposures: &[Exposure]) -> bool {
    let shares =
        exposures.iter().filter(|own| !own.forced).map(|own| (own.arm.as_str(), own.share.to_bits()));
    let (mut arms, mut pairs) = (HashSet::new(), HashSet::new());
    for (arm, share) in shares {
        arms.insert(arm);
        pairs.insert((arm, share));
    }
    kept.document.adaptive.is_some() || pairs.len() > arms.len()
}
