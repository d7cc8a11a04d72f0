//! Sets of emotions that hold the right one as often as was asked for.

use super::counts::share;
use crate::evidence::{Answer, Judged};
use serde::Serialize;
use undertone_core::Emotion;

/// Keeps rounding of `(n + 1) * coverage` from asking for one answer more.
const RANK_TOLERANCE: f64 = 1e-9;

/// How often the sets hold the acted emotion, and how large they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetFigures {
    /// Number of clips.
    pub clips: usize,
    /// Share of clips whose set holds the acted emotion. A clip without an answer has no set, and counts as
    /// not covered.
    pub coverage: f64,
    /// Mean number of emotions in the sets of the clips with an answer.
    pub mean_size: f64,
    /// Share of clips whose set is one emotion.
    pub single: f64,
    /// Share of clips whose set is empty: no emotion is probable enough.
    pub empty: f64,
}

/// The probability from which on an emotion belongs to the answer set, so that the set of a new clip holds
/// the right emotion with a probability of at least `coverage` (above 0, below 1), given that new clips are like
/// the calibration clips.
///
/// Split conformal prediction (Vovk, Gammerman and Shafer 2005) with the score `1 - p(truth)` (Sadinle, Lei
/// and Wasserman 2019, least ambiguous set-valued classifiers): of `n` calibration clips, the
/// `ceil((n + 1) * coverage)`-th smallest score bounds the scores of the set. 0, which lets in every emotion,
/// when there are too few clips for that. A value that is not a number counts as 0.
pub fn conformal_threshold(true_label_probabilities: &[f32], coverage: f64) -> f32 {
    let known = |value: &f32| if value.is_nan() { 0.0 } else { *value };
    let mut descending: Vec<f32> = true_label_probabilities.iter().map(known).collect();
    descending.sort_by(|left, right| right.total_cmp(left));
    let rank = ((descending.len() + 1) as f64 * coverage - RANK_TOLERANCE).ceil().max(1.0) as usize;
    descending.get(rank - 1).copied().unwrap_or(0.0)
}

impl SetFigures {
    /// Measures clips, each with the threshold that holds for it.
    pub fn of(judged: &[(Judged, f64)]) -> Self {
        let sizes: Vec<usize> = judged.iter().filter_map(|(own, least)| size(own, *least)).collect();
        let covered = judged.iter().filter(|(own, least)| covers(own, *least)).count();
        let with_size = |wanted: usize| sizes.iter().filter(|size| **size == wanted).count();
        let of_all = |part| share(part, judged.len()).unwrap_or(0.0);
        Self {
            clips: judged.len(),
            coverage: of_all(covered),
            mean_size: share(sizes.iter().sum(), sizes.len()).unwrap_or(0.0),
            single: of_all(with_size(1)),
            empty: of_all(with_size(0)),
        }
    }
}

fn holds(answer: &Answer, emotion: Emotion, least: f64) -> bool {
    answer.probability(emotion) >= least as f32
}

fn covers(judged: &Judged, least: f64) -> bool {
    judged.answer.is_some_and(|answer| holds(&answer, judged.truth, least))
}

fn size(judged: &Judged, least: f64) -> Option<usize> {
    let answer = judged.answer?;
    Some(Emotion::ALL.into_iter().filter(|emotion| holds(&answer, *emotion, least)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::{silent, sure};
    use Emotion::{Calm, Happy};

    #[test]
    fn the_threshold_is_the_quantile_corrected_for_few_clips() {
        let nine = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
        assert_eq!(conformal_threshold(&nine, 0.9), 0.1);
        assert_eq!(conformal_threshold(&nine, 0.8), 0.2);
        assert_eq!(conformal_threshold(&nine, 0.75), 0.2);
    }

    #[test]
    fn too_few_clips_let_in_every_emotion() {
        assert_eq!(conformal_threshold(&[0.9; 8], 0.9), 0.0);
        assert_eq!(conformal_threshold(&[], 0.5), 0.0);
        assert_eq!(conformal_threshold(&[0.9, f32::NAN], 0.5), 0.0);
    }

    #[test]
    fn as_many_calibration_clips_as_promised_are_covered() {
        let clips: Vec<f32> = (0..99).map(|clip| clip as f32 / 99.0).collect();
        let threshold = conformal_threshold(&clips, 0.9);
        assert_eq!(clips.iter().filter(|own| **own >= threshold).count(), 90);
    }

    #[test]
    fn an_emotion_just_at_the_threshold_is_in_the_set() {
        let judged = [(sure(Calm, Happy, 0.3), 0.1), (sure(Calm, Calm, 0.93), 0.1), (silent(Calm), 0.1)];
        let figures = SetFigures::of(&judged);
        assert!((figures.coverage - 2.0 / 3.0).abs() < 1e-12);
        assert!((figures.mean_size - 4.5).abs() < 1e-12);
        assert!((figures.single - 1.0 / 3.0).abs() < 1e-12);
    }
}
