//! Whether a probability of 0.7 means right seven times in ten.

use super::counts::share;
use crate::evidence::{Answer, Judged};
use serde::Serialize;
use undertone_core::Emotion;

const BINS: usize = 15;
/// Keeps the logarithm of a probability that was written as 0 finite: half of the last decimal.
const LEAST_PROBABILITY: f64 = 5e-7;

/// The answers of one range of confidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Lower end of the range.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Answers in it.
    pub answers: usize,
    /// Their mean confidence; `None` without answers.
    pub confidence: Option<f64>,
    /// Share of them that is right.
    pub accuracy: Option<f64>,
}

/// How far probabilities can be believed. Clips without an answer have no say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// See [`expected_calibration_error`].
    pub expected_calibration_error: f64,
    /// Mean over answers of the squared distance between the probabilities and certainty of the acted
    /// emotion, summed over emotions: from 0 to 2 (Brier 1950).
    pub brier: f64,
    /// Mean of `-ln p` of the acted emotion, in nats; `p` is at least 0.0000005.
    pub negative_log_likelihood: f64,
    /// 15 ranges of equal width, from 0 to 1.
    pub bins: Vec<ReliabilityBin>,
}

impl Calibration {
    /// Measures `judged`; zeros when there is no answer.
    pub fn of(judged: &[Judged]) -> Self {
        Self {
            expected_calibration_error: expected_calibration_error(judged),
            brier: mean_over_answers(judged, brier),
            negative_log_likelihood: mean_over_answers(judged, surprise),
            bins: (0..BINS).map(|bin| reliability(bin, judged)).collect(),
        }
    }
}

/// Mean distance between confidence and accuracy over 15 ranges of confidence of equal width, weighted by
/// their answers (Naeini et al. 2015). 0 when there is no answer.
pub fn expected_calibration_error(judged: &[Judged]) -> f64 {
    let bins: Vec<ReliabilityBin> = (0..BINS).map(|bin| reliability(bin, judged)).collect();
    let answers: usize = bins.iter().map(|bin| bin.answers).sum();
    let distance = |bin: &ReliabilityBin| Some((bin.confidence? - bin.accuracy?).abs() * bin.answers as f64);
    bins.iter().filter_map(distance).sum::<f64>() / answers.max(1) as f64
}

fn reliability(bin: usize, judged: &[Judged]) -> ReliabilityBin {
    let (mut answers, mut right, mut confidence) = (0_usize, 0_usize, 0.0_f64);
    for own in judged {
        if let Some(answer) = own.answer.as_ref().filter(|answer| bin_of(answer) == bin) {
            answers += 1;
            right += usize::from(own.right());
            confidence += f64::from(answer.confidence());
        }
    }
    ReliabilityBin {
        low: bin as f64 / BINS as f64,
        high: (bin + 1) as f64 / BINS as f64,
        answers,
        confidence: (answers > 0).then(|| confidence / answers as f64),
        accuracy: share(right, answers),
    }
}

fn bin_of(answer: &Answer) -> usize {
    ((f64::from(answer.confidence()) * BINS as f64) as usize).min(BINS - 1)
}

fn mean_over_answers(judged: &[Judged], cost: impl Fn(Emotion, &Answer) -> f64) -> f64 {
    let costs = judged.iter().filter_map(|own| Some(cost(own.truth, own.answer.as_ref()?)));
    let (sum, answers) = costs.fold((0.0, 0_usize), |(sum, answers), cost| (sum + cost, answers + 1));
    sum / answers.max(1) as f64
}

fn brier(truth: Emotion, answer: &Answer) -> f64 {
    let distance = |emotion: Emotion| {
        let certainty = f64::from(u8::from(emotion == truth));
        (f64::from(answer.probability(emotion)) - certainty).powi(2)
    };
    Emotion::ALL.into_iter().map(distance).sum()
}

fn surprise(truth: Emotion, answer: &Answer) -> f64 {
    -f64::from(answer.probability(truth)).max(LEAST_PROBABILITY).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::{silent, sure};
    use Emotion::{Calm, Happy};

    #[test]
    fn the_error_is_the_distance_weighted_by_answers() {
        let mut judged = vec![sure(Calm, Calm, 0.9); 3];
        judged.push(sure(Calm, Happy, 0.9));
        judged.push(sure(Calm, Calm, 0.5));
        judged.push(silent(Calm));
        let expected = (4.0 * (0.9_f64 - 0.75) + 0.5) / 5.0;
        let calibration = Calibration::of(&judged);
        assert!((calibration.expected_calibration_error - expected).abs() < 1e-6);
        let filled: Vec<usize> = (0..BINS).filter(|bin| calibration.bins[*bin].answers > 0).collect();
        assert_eq!(filled, [7, 13]);
    }

    #[test]
    fn brier_and_likelihood_follow_their_formulas() {
        let calibration = Calibration::of(&[sure(Calm, Happy, 0.3)]);
        let others = 0.1_f64;
        assert!((calibration.brier - (0.9_f64.powi(2) + 0.09 + 6.0 * others.powi(2))).abs() < 1e-6);
        assert!((calibration.negative_log_likelihood + others.ln()).abs() < 1e-5);
    }

    #[test]
    fn a_probability_of_one_is_in_the_last_range_and_of_zero_is_a_finite_surprise() {
        let calibration = Calibration::of(&[sure(Calm, Happy, 1.0)]);
        assert_eq!(calibration.bins[BINS - 1].answers, 1);
        assert!((calibration.negative_log_likelihood - 14.508_658).abs() < 1e-5);
    }
}
