//! The mean of the recalls of all labels.

use super::estimate::Estimate;
use super::sums::{Cluster, Sums};
use crate::observation::Subject;

/// Mean recall of the labels that occur; `None` when none does.
pub(super) fn average(subjects: &[&Subject], labels: usize) -> Option<f64> {
    let recalls: Vec<f64> = totals(subjects, labels).iter().filter_map(Cluster::mean).collect();
    (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// The mean recall and its cluster-robust standard error. Each recall is a ratio of sums over subjects; the
/// linearised residuals `(right - recall occurred) / (K Σ occurred)` of a subject's `K` labels are added before
/// they are squared, because they belong to one person. `None` of fewer than two subjects.
pub(super) fn estimate(subjects: &[&Subject], labels: usize) -> Option<Estimate> {
    let totals = totals(subjects, labels);
    let occurring = totals.iter().filter(|total| total.weight > 0.0).count() as f64;
    let value = average(subjects, labels)?;
    let mut residuals = Sums::new(0.0);
    for subject in subjects {
        let own = counts(subject, labels);
        if own.iter().any(|own| own.weight > 0.0) {
            let pairs = own.iter().zip(&totals).filter(|(_, total)| total.weight > 0.0);
            let residual = |(own, total): (&Cluster, &Cluster)| {
                (own.value - total.value / total.weight * own.weight) / (occurring * total.weight)
            };
            residuals.push_one(pairs.map(residual).sum());
        }
    }
    let spread = residuals.estimate()?;
    // The residuals are shares of the whole sum, not of their mean.
    let sampled = spread.standard_error * spread.units as f64;
    let standard_error = sampled.hypot(prior(&totals, occurring));
    Some(Estimate { value, standard_error, units: spread.units })
}

/// The spread of half an answer per label, see [`Sums::estimate`].
fn prior(totals: &[Cluster], occurring: f64) -> f64 {
    let halves =
        totals.iter().filter(|total| total.weight > 0.0).map(|total| 0.5 / (occurring * total.weight));
    halves.map(|half| half * half).sum::<f64>().sqrt()
}

fn totals(subjects: &[&Subject], labels: usize) -> Vec<Cluster> {
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
fn counts(subject: &Subject, labels: usize) -> Vec<Cluster> {
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
