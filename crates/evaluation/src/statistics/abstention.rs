//! What is gained by saying nothing when unsure.

use super::counts::share;
use crate::evidence::Judged;
use serde::Serialize;

/// Shares of clips kept on the published curve, in percent.
const STEP_PERCENT: usize = 5;

/// One point of the risk-coverage curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskPoint {
    /// Share of clips whose answer is kept.
    pub kept: f64,
    /// Share of these that is wrong.
    pub error: f64,
}

/// The error among the surest answers (El-Yaniv and Wiener 2010). A clip without an answer is wrong and the
/// least sure of all; of equally sure answers the earlier one is kept first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// From 5 % of the clips to all of them.
    pub points: Vec<RiskPoint>,
    /// Mean error over every number of kept clips (Geifman, Uziel and El-Yaniv 2019); lower is better.
    pub area: f64,
    /// Accuracy on the surest 80 % of the clips less the accuracy on all.
    pub gain_without_least_sure_fifth: f64,
}

/// What the trained networks' own bounds do to new clips.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AbstentionFigures {
    /// Number of clips.
    pub clips: usize,
    /// Share of them whose answer is kept.
    pub kept: f64,
    /// Share of the kept answers that is wrong; `None` when none is kept.
    pub error: Option<f64>,
}

/// The smallest confidence at which answers no less sure are wrong in a share of at most `error`; `None`
/// when no bound does that, and when there is no answer.
///
/// `right` says of each of `confidences` whether the answer was right. The bound keeps the promise on these
/// answers; it is a plain empirical choice, without the margin that would make it hold for new ones with a
/// stated probability (Geifman and El-Yaniv 2017).
pub fn abstain_threshold(confidences: &[f32], right: &[bool], error: f64) -> Option<f32> {
    let mut answers: Vec<(f32, bool)> = confidences.iter().copied().zip(right.iter().copied()).collect();
    answers.retain(|(confidence, _)| !confidence.is_nan());
    answers.sort_by(|left, right| right.0.total_cmp(&left.0));
    let (mut wrong, mut bound) = (0_usize, None);
    for (index, (confidence, right)) in answers.iter().enumerate() {
        wrong += usize::from(!right);
        let last_of_equals = answers.get(index + 1).is_none_or(|next| next.0 < *confidence);
        if last_of_equals && wrong as f64 <= error * (index + 1) as f64 {
            bound = Some(*confidence);
        }
    }
    bound
}

impl RiskCoverage {
    /// Measures `judged`; `None` when it is empty.
    pub fn of(judged: &[Judged]) -> Option<Self> {
        let errors = errors_of_the_surest(judged);
        let at = |percent: usize| errors[(errors.len() * percent).div_ceil(100) - 1];
        let all = *errors.last()?;
        let points = (STEP_PERCENT..=100).step_by(STEP_PERCENT);
        let point = |percent: usize| RiskPoint { kept: percent as f64 / 100.0, error: at(percent) };
        Some(Self {
            points: points.map(point).collect(),
            area: errors.iter().sum::<f64>() / errors.len() as f64,
            gain_without_least_sure_fifth: all - at(80),
        })
    }
}

impl AbstentionFigures {
    /// Measures clips, each with the bound that holds for it.
    pub fn of(judged: &[(Judged, f64)]) -> Self {
        let kept = |(judged, least): &&(Judged, f64)| {
            judged.answer.is_some_and(|answer| answer.confidence() >= *least as f32)
        };
        let kept: Vec<_> = judged.iter().filter(kept).collect();
        let wrong = kept.iter().filter(|(judged, _)| !judged.right()).count();
        Self {
            clips: judged.len(),
            kept: share(kept.len(), judged.len()).unwrap_or(0.0),
            error: share(wrong, kept.len()),
        }
    }
}

/// The error among the `n` surest clips, for each `n` from 1.
fn errors_of_the_surest(judged: &[Judged]) -> Vec<f64> {
    let confidence = |own: &Judged| own.answer.map_or(-1.0, |answer| answer.confidence());
    let mut surest: Vec<&Judged> = judged.iter().collect();
    surest.sort_by(|left, right| confidence(right).total_cmp(&confidence(left)));
    let mut wrong = 0_usize;
    let errors = surest.iter().enumerate().map(|(index, own)| {
        wrong += usize::from(!own.right());
        wrong as f64 / (index + 1) as f64
    });
    errors.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::{silent, sure};
    use undertone_core::Emotion::{Calm, Happy};

    #[test]
    fn the_bound_is_the_smallest_that_keeps_the_error() {
        let confidences = [0.9, 0.8, 0.7, 0.6, 0.5];
        let right = [true, false, true, true, false];
        assert_eq!(abstain_threshold(&confidences, &right, 0.25), Some(0.6));
        assert_eq!(abstain_threshold(&confidences, &right, 0.0), Some(0.9));
        assert_eq!(abstain_threshold(&confidences, &right, 0.4), Some(0.5));
    }

    #[test]
    fn equally_sure_answers_are_kept_or_held_back_together() {
        assert_eq!(abstain_threshold(&[0.9, 0.9, 0.5], &[true, false, false], 0.1), None);
        assert_eq!(abstain_threshold(&[], &[], 0.5), None);
    }

    #[test]
    fn the_least_sure_answers_are_given_up_first() {
        let mut judged: Vec<Judged> = (0..8).map(|_| sure(Calm, Calm, 0.9)).collect();
        judged.insert(0, sure(Calm, Happy, 0.3));
        judged.insert(0, silent(Calm));
        let curve = RiskCoverage::of(&judged).unwrap();
        assert!((curve.gain_without_least_sure_fifth - 0.2).abs() < 1e-12);
        assert!((curve.area - (1.0 / 9.0 + 0.2) / 10.0).abs() < 1e-12);
        assert_eq!(curve.points.last().unwrap(), &RiskPoint { kept: 1.0, error: 0.2 });
        assert_eq!(RiskCoverage::of(&[]), None);
    }

    #[test]
    fn each_clip_is_held_to_its_own_bound() {
        let judged = [(sure(Calm, Calm, 0.6), 0.5), (sure(Calm, Happy, 0.6), 0.7), (silent(Calm), 0.0)];
        let figures = AbstentionFigures::of(&judged);
        assert!((figures.kept - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(figures.error, Some(0.0));
    }
}
