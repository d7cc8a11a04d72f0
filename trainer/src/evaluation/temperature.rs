//! What logits are divided by so that a probability of 0.7 means right seven times in ten.

use super::ClipScores;

/// Natural logarithms of the lowest and highest temperature looked at.
const LOG_TEMPERATURES: (f32, f32) = (-3.0, 3.0);
const HALVINGS: usize = 60;
const LEAST_PROBABILITY: f32 = 1e-9;

/// The temperature at which the right labels of `scores` are most likely (Guo et al. 2017), by
/// golden-section search. Clips without an utterance have no say.
pub fn fit_temperature(scores: &[ClipScores], labels: &[usize]) -> f32 {
    let shrink = (5.0_f32.sqrt() - 1.0) / 2.0;
    let cost = |log: f32| surprise(scores, labels, log.exp());
    let (mut low, mut high) = LOG_TEMPERATURES;
    for _ in 0..HALVINGS {
        let (left, right) = (high - shrink * (high - low), low + shrink * (high - low));
        if cost(left) < cost(right) { high = right } else { low = left }
    }
    (0.5 * (low + high)).exp()
}

fn surprise(scores: &[ClipScores], labels: &[usize], temperature: f32) -> f64 {
    let own = |(scores, label): (&ClipScores, &usize)| Some(scores.probabilities(temperature)?[*label]);
    let probabilities = scores.iter().zip(labels).filter_map(own);
    probabilities.map(|probability| -f64::from(probability.max(LEAST_PROBABILITY).ln())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::scores::one_utterance;

    /// Ten clips, two labels: the first is named with `logit` more, and is right in `right` of them.
    fn ten(logit: f32, right: usize) -> (Vec<ClipScores>, Vec<usize>) {
        let answers = vec![one_utterance(vec![logit, 0.0]); 10];
        (answers, (0..10).map(|clip| usize::from(clip >= right)).collect())
    }

    #[test]
    fn the_temperature_makes_confidence_as_high_as_accuracy() {
        let (answers, labels) = ten(4.0, 8);
        let temperature = fit_temperature(&answers, &labels);
        let (_, confidence) = answers[0].top(temperature).expect("one utterance");
        assert!((confidence - 0.8).abs() < 1e-3, "{confidence}");
    }
}
