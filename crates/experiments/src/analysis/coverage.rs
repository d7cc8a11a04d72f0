//! Answers of the control that a shadow has none for.

use super::estimate::Effect;
use super::interval::Interval;
use super::pairs::paired_sums;
use super::sequence::Sequence;
use super::sums::{Cluster, Sums};
use crate::assignment::ArmIndex;
use crate::observation::{Observation, Observations};
use std::collections::HashMap;
use std::collections::HashSet;
use std::time::Duration;

/// Groups of answers of about equal size, by how long they waited.
const STRATA: usize = 5;

/// Answers that waited about equally long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// The longest wait among them.
    pub waited: Duration,
    /// The control's answers.
    pub answers: u64,
    /// Those that the other arm answered too.
    pub pairs: u64,
}

/// What of the control's judged answers a shadow answered too, and what the rest may change.
///
/// A shadow is dropped when the server is busy, so its pairs may be those of quieter moments. Three things are told about that.
/// The difference is estimated again with every pair counting for all answers that waited as long, by the inverse of their
/// share of pairs (Rosenbaum and Rubin 1984; Horvitz and Thompson 1952): right when, among answers that waited as long, it
/// is chance which ones were dropped. Whether the control itself is as often right without a pair as with one can be seen,
/// and is compared. And as every answer without a pair can have changed the difference by one answer at most, the difference
/// lies between two bounds whatever was dropped (Manski 1990).
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// The control's answers that the arm could hear, judged or not.
    pub answers: u64,
    /// Those with a pair.
    pub pairs: u64,
    /// By how long they waited, the shortest first; empty without answers.
    pub strata: Vec<Stratum>,
    /// Accuracy of the arm less that of the control with pairs weighted by load; `None` where nothing is missing.
    pub weighted: Option<Effect>,
    /// Its interval, which holds at every look.
    pub interval: Option<Interval>,
    /// Accuracy of the control with a pair less without one, with an interval that holds at every look.
    pub with_less_without: Option<Interval>,
    /// What the difference would be if all missing answers of the arm were wrong, and if all were right; of the answers that
    /// were judged. `None` without any.
    pub bounds: Option<(f64, f64)>,
}

/// One judged or unjudged answer of the control.
struct Answer<'a> {
    own: &'a Observation,
    /// Whether there is a pair, with whether the arm is right.
    pair: Option<Option<bool>>,
}

impl Coverage {
    pub(super) fn of(
        observations: &Observations,
        (control, arm): (ArmIndex, ArmIndex),
        sequence: &Sequence,
    ) -> Self {
        let others = observations.subjects(arm).iter().flatten();
        let others: HashMap<(&str, &str), &Observation> =
            others.map(|own| ((own.subject.as_str(), own.item.as_str()), own)).collect();
        let answer = |own| {
            let other = others.get(&key(own));
            Answer { own, pair: other.map(|other| other.correct()) }
        };
        let could_hear = |own: &&Observation| !own.absent.contains(&arm);
        let subjects = observations.subjects(control).iter();
        let subjects: Vec<Vec<Answer<'_>>> =
            subjects.map(|subject| once_each(subject).filter(could_hear).map(answer).collect()).collect();
        let all = || subjects.iter().flatten();
        let strata = strata(all());
        let (answers, pairs) = (all().count(), all().filter(|own| own.pair.is_some()).count());
        let weighted = if pairs < answers { weighted(&subjects, &strata) } else { None };
        Self {
            answers: answers as u64,
            pairs: pairs as u64,
            interval: weighted.and_then(|own| sequence.interval(&own)).map(|own| own.within((-1.0, 1.0))),
            weighted,
            with_less_without: with_less_without(&subjects, sequence),
            bounds: bounds(all()),
            strata,
        }
    }

    /// Share of the control's answers with a pair; 1 without answers.
    pub fn share(&self) -> f64 {
        if self.answers == 0 { 1.0 } else { self.pairs as f64 / self.answers as f64 }
    }
}

fn key(own: &Observation) -> (&str, &str) {
    (&own.subject, &own.item)
}

/// Of several answers about one piece of audio the last one.
fn once_each(subject: &[Observation]) -> impl Iterator<Item = &Observation> {
    let mut seen = HashSet::new();
    let last: Vec<&Observation> = subject.iter().rev().filter(|own| seen.insert(own.item.as_str())).collect();
    last.into_iter().rev()
}

/// Groups of equal size; one without a pair joins its neighbour, since nothing stands for it.
fn strata<'a>(answers: impl Iterator<Item = &'a Answer<'a>>) -> Vec<Stratum> {
    let mut waits: Vec<(Duration, bool)> = answers.map(|own| (own.own.waited, own.pair.is_some())).collect();
    waits.sort_unstable();
    let mut strata: Vec<Stratum> = Vec::new();
    let size = waits.len().div_ceil(STRATA) as u64;
    for (waited, paired) in waits {
        // Equal waits are never apart.
        let full = |own: &Stratum| own.answers >= size && own.waited != waited;
        if strata.last().is_none_or(full) {
            strata.push(Stratum { waited, answers: 0, pairs: 0 });
        }
        if let Some(own) = strata.last_mut() {
            own.waited = waited;
            own.answers += 1;
            own.pairs += u64::from(paired);
        }
    }
    merged(strata)
}

fn merged(strata: Vec<Stratum>) -> Vec<Stratum> {
    let mut merged: Vec<Stratum> = Vec::new();
    for own in strata {
        match merged.last_mut().filter(|last| last.pairs == 0 || own.pairs == 0) {
            Some(last) => {
                last.waited = own.waited;
                last.answers += own.answers;
                last.pairs += own.pairs;
            }
            None => merged.push(own),
        }
    }
    merged
}

/// Every judged pair counts for the answers that waited as long.
fn weighted(subjects: &[Vec<Answer<'_>>], strata: &[Stratum]) -> Option<Effect> {
    let weight = |own: &Observation| {
        let place = strata.partition_point(|stratum| stratum.waited < own.waited);
        let stratum = strata.get(place).filter(|stratum| stratum.pairs > 0)?;
        Some(stratum.answers as f64 / stratum.pairs as f64)
    };
    let mut sums = paired_sums();
    for subject in subjects {
        let mut cluster = Cluster::default();
        for answer in subject {
            let Some((control, arm)) = answer.own.correct().zip(answer.pair.flatten()) else { continue };
            let weight = weight(answer.own)?;
            cluster.weight += weight;
            cluster.value += weight * (share(arm) - share(control));
        }
        sums.push(cluster);
    }
    sums.estimate().map(Effect::from)
}

fn with_less_without(subjects: &[Vec<Answer<'_>>], sequence: &Sequence) -> Option<Interval> {
    let sums = |paired: bool| {
        let mut sums = Sums::new(1.0);
        for subject in subjects {
            let own = subject.iter().filter(|own| own.pair.is_some() == paired);
            let rights = own.filter_map(|own| own.own.correct());
            sums.push(rights.fold(Cluster::default(), |sum, right| Cluster {
                weight: sum.weight + 1.0,
                value: sum.value + share(right),
            }));
        }
        sums.estimate()
    };
    // Subjects with answers of both kinds make the two alike, and the interval wider than it need be.
    let effect = Effect::between(&sums(false)?, &sums(true)?);
    sequence.interval(&effect).map(|own| own.within((-1.0, 1.0)))
}

fn bounds<'a>(answers: impl Iterator<Item = &'a Answer<'a>>) -> Option<(f64, f64)> {
    let (mut judged, mut low, mut high) = (0.0, 0.0, 0.0);
    for answer in answers {
        let Some(control) = answer.own.correct().map(share) else { continue };
        let (least, most) = answer.pair.flatten().map_or((0.0, 1.0), |arm| (share(arm), share(arm)));
        judged += 1.0;
        low += least - control;
        high += most - control;
    }
    (judged > 0.0).then(|| (low / judged, high / judged))
}

fn share(right: bool) -> f64 {
    f64::from(u8::from(right))
}
