//! The mean of the recalls of all labels.

use super::estimate::Estimate;
use super::linear::Linear;
use super::sums::{Cluster, Sums};
use crate::observation::Observation;
use std::collections::BTreeSet;

/// The labels that occur among judged answers.
pub(super) fn occurring_labels<'a>(answers: impl Iterator<Item = &'a Observation>) -> BTreeSet<usize> {
    answers.filter_map(Observation::truth).collect()
}

/// Mean recall of the labels that occur; `None` when none does.
pub(super) fn average(subjects: &[&[Observation]], labels: usize) -> Option<f64> {
    let recalls: Vec<f64> = totals(subjects, labels).iter().filter_map(Cluster::mean).collect();
    (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// The mean recall and its cluster-robust standard error. Each recall is a ratio of sums over subjects; the
/// linearised residuals `(right - recall occurred) / (K Σ occurred)` of a subject's `K` labels are added before
/// they are squared, because they belong to one person. `None` of fewer than two subjects.
pub(super) fn estimate(subjects: &[&[Observation]], labels: usize) -> Option<Estimate> {
    let totals = totals(subjects, labels);
    let value = average(subjects, labels)?;
    let mut spread = Sums::new(0.0);
    residuals(subjects, &totals).for_each(|(_, residual)| spread.push_one(residual));
    let spread = spread.estimate()?;
    // The residuals are shares of the whole sum, not of their mean.
    let sampled = spread.standard_error * spread.units as f64;
    let standard_error = sampled.hypot(prior(&totals));
    Some(Estimate { value, standard_error, units: spread.units })
}

/// The mean recall and how each subject moves it, by the same residuals.
pub(super) fn linear(subjects: &[&[Observation]], labels: usize) -> Option<Linear> {
    let totals = totals(subjects, labels);
    let value = average(subjects, labels)?;
    Linear::of(value, residuals(subjects, &totals).collect(), prior(&totals))
}

/// The residuals of the subjects that have one, with their places.
fn residuals<'a>(
    subjects: &'a [&'a [Observation]],
    totals: &'a [Cluster],
) -> impl Iterator<Item = (usize, f64)> + 'a {
    let occurring = occurring(totals);
    subjects.iter().enumerate().filter_map(move |(place, subject)| {
        let own = counts(subject, totals.len());
        let pairs = own.iter().zip(totals).filter(|(_, total)| total.weight > 0.0);
        let residual = |(own, total): (&Cluster, &Cluster)| {
            (own.value - total.value / total.weight * own.weight) / (occurring * total.weight)
        };
        let is_heard = own.iter().any(|own| own.weight > 0.0);
        is_heard.then(|| (place, pairs.map(residual).sum()))
    })
}

fn occurring(totals: &[Cluster]) -> f64 {
    totals.iter().filter(|total| total.weight > 0.0).count() as f64
}

/// The spread of half an answer per label, see [`Sums::estimate`].
fn prior(totals: &[Cluster]) -> f64 {
    let occurring = occurring(totals);
    let halves =
        totals.iter().filter(|total| total.weight > 0.0).map(|total| 0.5 / (occurring * total.weight));
    halves.map(|half| half * half).sum::<f64>().sqrt()
}

fn totals(subjects: &[&[Observation]], labels: usize) -> Vec<Cluster> {
    let mut totals = vec![Cluster::default(); labels];
    for subject in subjects {
        for (total, own) in totals.iter_mut().zip(counts(subject, labels)) {
            total.weight += own.weight;
            total.value += own.value;
        }
    }
    totals
}

/// How often each label occurs, and how often it was answered then.
fn counts(subject: &[Observation], labels: usize) -> Vec<Cluster> {
    let mut counts = vec![Cluster::default(); labels];
    for answer in subject {
        if let Some((count, right)) =
            answer.truth().and_then(|truth| counts.get_mut(truth)).zip(answer.correct())
        {
            count.weight += 1.0;
            count.value += f64::from(u8::from(right));
        }
    }
    counts
}
