//! The figures of a set of subjects.

use super::agreement::Agreement;
use super::calibration::calibration_error;
use super::linear::Linear;
use super::recall;
use super::sums::{Cluster, Sums};
use crate::analysis::estimate::Estimate;
use crate::definition::Metric;
use crate::observation::Observation;

/// The figure over all answers of `subjects`, each subject's own taken once per mention; `None` when nothing
/// tells it.
pub(crate) fn figure(metric: Metric, subjects: &[&[Observation]], labels: usize) -> Option<f64> {
    let answers = || subjects.iter().flat_map(|subject| subject.iter());
    match metric {
        Metric::CalibrationError => calibration_error(answers().filter_map(judged_confidence)),
        Metric::Kappa => Agreement::of(answers().filter_map(truth_and_answer), labels)?.kappa(),
        Metric::AverageRecall => recall::average(subjects, labels),
        mean => {
            let (mut weight, mut sum) = (0.0, 0.0);
            for (own, value) in answers().filter_map(|answer| weighted(mean, answer)) {
                weight += own;
                sum += value;
            }
            (weight > 0.0).then(|| sum / weight)
        }
    }
}

/// The figure with its standard error, for figures that are means or functions of them.
pub(crate) fn estimate(metric: Metric, subjects: &[&[Observation]], labels: usize) -> Option<Estimate> {
    match metric {
        Metric::CalibrationError | Metric::Kappa => None,
        Metric::AverageRecall => recall::estimate(subjects, labels),
        mean => {
            let mut sums = Sums::new(mean.range());
            subjects.iter().for_each(|subject| sums.push(cluster(mean, subject)));
            sums.estimate()
        }
    }
}

/// Whether an answer has a say in the figure.
pub(super) fn tells(metric: Metric, answer: &Observation) -> bool {
    match metric {
        Metric::CalibrationError => judged_confidence(answer).is_some(),
        Metric::Kappa => truth_and_answer(answer).is_some(),
        Metric::AverageRecall => answer.truth().is_some(),
        mean => weighted(mean, answer).is_some(),
    }
}

/// The figure and how each subject moves it, for figures that are means or functions of them; `None` of fewer than two
/// subjects.
pub(super) fn linear(metric: Metric, subjects: &[&[Observation]], labels: usize) -> Option<Linear> {
    match metric {
        Metric::CalibrationError | Metric::Kappa => None,
        Metric::AverageRecall => recall::linear(subjects, labels),
        mean => {
            let clusters: Vec<Cluster> = subjects.iter().map(|subject| cluster(mean, subject)).collect();
            Linear::of_mean(&clusters, mean.range())
        }
    }
}

fn cluster(metric: Metric, subject: &[Observation]) -> Cluster {
    let values = subject.iter().filter_map(|answer| weighted(metric, answer));
    values.fold(Cluster::default(), |sum, (weight, value)| Cluster {
        weight: sum.weight + weight,
        value: sum.value + value,
    })
}

/// What one answer adds to the weights and to the values of a mean.
fn weighted(metric: Metric, answer: &Observation) -> Option<(f64, f64)> {
    match metric {
        Metric::ProcessorShare => {
            let audio = answer.audio.as_secs_f64();
            (audio > 0.0).then_some((audio, answer.processor.as_secs_f64()))
        }
        mean => value(mean, answer).map(|value| (1.0, value)),
    }
}

/// What one answer contributes to a mean; `None` when it has no say.
fn value(metric: Metric, answer: &Observation) -> Option<f64> {
    let share = |is: bool| f64::from(u8::from(is));
    match metric {
        Metric::Accuracy => answer.correct().map(share),
        Metric::Recall { label } => {
            answer.truth().filter(|truth| *truth == label).and(answer.correct()).map(share)
        }
        Metric::Brier => brier(answer),
        Metric::Confidence => Some(answer.confidence),
        Metric::Latency => Some(answer.latency.as_secs_f64()),
        Metric::SlowAnswers { above } => Some(share(answer.latency > above)),
        Metric::ProcessorTime => Some(answer.processor.as_secs_f64()),
        Metric::AverageRecall | Metric::CalibrationError | Metric::Kappa | Metric::ProcessorShare => None,
    }
}

fn brier(answer: &Observation) -> Option<f64> {
    let truth = answer.truth().filter(|_| !answer.probabilities.is_empty())?;
    let certainty = |label: usize| f64::from(u8::from(label == truth));
    let labels = answer.probabilities.iter().enumerate();
    Some(labels.map(|(label, probability)| (probability - certainty(label)).powi(2)).sum())
}

fn judged_confidence(answer: &Observation) -> Option<(f64, bool)> {
    answer.predicted.and(answer.correct()).map(|right| (answer.confidence, right))
}

fn truth_and_answer(answer: &Observation) -> Option<(usize, usize)> {
    Some((answer.truth()?, answer.predicted?))
}
