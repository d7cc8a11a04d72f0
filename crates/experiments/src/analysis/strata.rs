//! Arms compared within the times between changes of their weights.

use super::estimate::{Effect, Estimate};
use super::figure::{linear, tells};
use super::recall::occurring_labels;
use crate::definition::Metric;
use crate::observation::Observation;
use std::collections::{BTreeMap, BTreeSet};

/// A stratum says something from so many subjects of each arm on: the spread of one is not known.
const FEWEST_SUBJECTS: u64 = 2;

/// The periods in which both arms have subjects, with what each counts for.
///
/// Where an arm's weight grows while the share of right answers falls, a mean over all its answers is lower than the
/// control's though it is as good at any time (Simpson 1951). Within a period the weights are constant, so that the arms' subjects
/// are alike. The differences of the periods are pooled with the weights `n m / (n + m)`, where `n` and `m` are the numbers of
/// subjects (Cochran 1954; Mantel and Haenszel 1959): they do not look at what was answered, and are those of the least
/// variance where all answers vary alike. A subject's answers of all periods are one residual, since they belong to one person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Strata {
    /// Period and weight, in the order of the periods; the weights sum to 1.
    weights: Vec<(u32, f64)>,
    /// As many subjects, half of them in either arm, would tell as much.
    subjects: f64,
}

/// Two figures of an arm, each the weighted sum of the periods' means over subjects, and how each subject moves them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pooled {
    pub(super) means: [f64; 2],
    /// By the place of the subject, scaled so that the squares sum to the variance.
    pub(super) errors: BTreeMap<usize, [f64; 2]>,
}

/// Answers of one period.
#[derive(Default)]
struct Part<'a> {
    /// The subjects' places among all.
    places: Vec<usize>,
    answers: Vec<&'a [Observation]>,
}

impl Strata {
    /// The periods in which both arms have answers that have a say in `metric`, and for average recall about the same labels;
    /// `None` when there are none.
    pub(super) fn of(metric: Metric, control: &[&[Observation]], arm: &[&[Observation]]) -> Option<Self> {
        let (control, arm) = (counts(metric, control), counts(metric, arm));
        let both = control.into_iter().filter_map(|(period, own)| {
            let other = arm.get(&period)?;
            let (n, m) = (own.subjects as f64, other.subjects as f64);
            let is_enough = own.subjects.min(other.subjects) >= FEWEST_SUBJECTS;
            (is_enough && own.labels == other.labels).then(|| (period, n * m / (n + m)))
        });
        let mut weights: Vec<(u32, f64)> = both.collect();
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        weights.iter_mut().for_each(|(_, weight)| *weight /= sum);
        (!weights.is_empty()).then_some(Self { weights, subjects: 4.0 * sum })
    }

    /// A figure of an arm: the weighted sum of the periods'. `None` when it is told in fewer of them.
    pub(super) fn figure(
        &self,
        subjects: &[&[Observation]],
        figure: impl Fn(&[&[Observation]]) -> Option<f64>,
    ) -> Option<f64> {
        let [own] = self.figures(subjects, |own| [figure(own)]);
        own
    }

    /// The same for figures that are cheaper to tell together.
    pub(super) fn figures<const N: usize>(
        &self,
        subjects: &[&[Observation]],
        figures: impl Fn(&[&[Observation]]) -> [Option<f64>; N],
    ) -> [Option<f64>; N] {
        let mut sums = [Some(0.0); N];
        for (part, (_, weight)) in self.split(subjects).iter().zip(&self.weights) {
            for (sum, own) in sums.iter_mut().zip(figures(&part.answers)) {
                *sum = sum.zip(own).map(|(sum, own)| sum + weight * own);
            }
        }
        sums
    }

    /// The same with its standard error, for figures that are means or functions of them.
    pub(super) fn estimate(
        &self,
        metric: Metric,
        subjects: &[&[Observation]],
        labels: usize,
    ) -> Option<Estimate> {
        let mut residuals: BTreeMap<usize, f64> = BTreeMap::new();
        let (mut value, mut prior) = (0.0, 0.0);
        for (part, (_, weight)) in self.split(subjects).iter().zip(&self.weights) {
            let own = linear(metric, &part.answers, labels)?;
            value += weight * own.value;
            prior += (weight * own.prior).powi(2);
            for (place, residual) in own.residuals {
                *residuals.entry(part.places[place]).or_default() += weight * residual;
            }
        }
        let squares: f64 = residuals.values().map(|residual| residual * residual).sum();
        let standard_error = (squares + prior).sqrt();
        Some(Estimate { value, standard_error, units: residuals.len() as u64 })
    }

    /// What `told` says of every subject in every period, every subject counting the same; `None` when a period has too few.
    pub(super) fn pooled(
        &self,
        subjects: &[&[Observation]],
        told: impl Fn(&[Observation]) -> Option<[f64; 2]>,
    ) -> Option<Pooled> {
        let mut pooled = Pooled { means: [0.0; 2], errors: BTreeMap::new() };
        for (part, (_, weight)) in self.split(subjects).iter().zip(&self.weights) {
            let own = part.places.iter().zip(&part.answers);
            let own: Vec<(usize, [f64; 2])> =
                own.filter_map(|(place, answers)| Some((*place, told(answers)?))).collect();
            if (own.len() as u64) < FEWEST_SUBJECTS {
                return None;
            }
            let count = own.len() as f64;
            let scale = weight * (count / (count - 1.0)).sqrt() / count;
            for figure in 0..2 {
                let mean = own.iter().map(|(_, told)| told[figure]).sum::<f64>() / count;
                pooled.means[figure] += weight * mean;
                for (place, told) in &own {
                    pooled.errors.entry(*place).or_default()[figure] += scale * (told[figure] - mean);
                }
            }
        }
        Some(pooled)
    }

    /// `arm` less `control`. It counts as standing on no more subjects than would tell as much in arms of one size: what is
    /// known grows with these, and the time of a sequence with it.
    pub(super) fn effect(&self, control: &Estimate, arm: &Estimate) -> Effect {
        let effect = Effect::between(control, arm);
        // Far fewer than a float holds, and not negative.
        Effect { units: effect.units.min(self.subjects.round() as u64), ..effect }
    }

    /// The subjects' answers by stratum.
    fn split<'a>(&self, subjects: &[&'a [Observation]]) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = self.weights.iter().map(|_| Part::default()).collect();
        for (place, subject) in subjects.iter().enumerate() {
            for own in periods(subject) {
                if let Ok(stratum) = self.weights.binary_search_by_key(&own[0].period, |(period, _)| *period)
                {
                    parts[stratum].places.push(place);
                    parts[stratum].answers.push(own);
                }
            }
        }
        parts
    }
}

/// What was heard in a period.
#[derive(Default)]
struct Heard {
    /// Subjects that have a say.
    subjects: u64,
    /// Of average recall the labels that it is a mean over.
    labels: BTreeSet<usize>,
}

fn counts(metric: Metric, subjects: &[&[Observation]]) -> BTreeMap<u32, Heard> {
    let mut counts: BTreeMap<u32, Heard> = BTreeMap::new();
    for subject in subjects {
        for own in periods(subject) {
            if own.iter().any(|answer| tells(metric, answer)) {
                let heard = counts.entry(own[0].period).or_default();
                heard.subjects += 1;
                if metric == Metric::AverageRecall {
                    heard.labels.extend(occurring_labels(own.iter()));
                }
            }
        }
    }
    counts
}

/// A subject's answers, those of one period together; none of them is empty.
fn periods(subject: &[Observation]) -> impl Iterator<Item = &[Observation]> {
    subject.chunk_by(|left, right| left.period == right.period)
}
