//! Whether a probability of 0.7 means right seven times in ten.

use super::Answer;

const BINS: usize = 15;
/// Natural logarithms of the lowest and highest temperature looked at.
const LOG_TEMPERATURES: (f32, f32) = (-3.0, 3.0);
const HALVINGS: usize = 60;
const LEAST_PROBABILITY: f32 = 1e-9;

/// The temperature at which the right labels of `answers` are most likely (Guo et al. 2017), by
/// golden-section search. Clips without an answer have no say.
pub fn fit_temperature(answers: &[Answer], labels: &[usize]) -> f32 {
    let shrink = (5.0_f32.sqrt() - 1.0) / 2.0;
    let cost = |log: f32| surprise(answers, labels, log.exp());
    let (mut low, mut high) = LOG_TEMPERATURES;
    for _ in 0..HALVINGS {
        let (left, right) = (high - shrink * (high - low), low + shrink * (high - low));
        if cost(left) < cost(right) { high = right } else { low = left }
    }
    (0.5 * (low + high)).exp()
}

/// Mean distance between confidence and accuracy over 15 bins of confidence, weighted by their clips (Naeini
/// et al. 2015).
pub fn expected_calibration_error(answers: &[Answer], labels: &[usize], temperature: f32) -> f64 {
    let mut bins = [(0_usize, 0.0_f64, 0.0_f64); BINS];
    for (answer, label) in answers.iter().zip(labels) {
        if let Some((top, confidence)) = answer.top(temperature) {
            let bin = &mut bins[((confidence * BINS as f32) as usize).min(BINS - 1)];
            bin.0 += 1;
            bin.1 += f64::from(confidence);
            bin.2 += f64::from(u8::from(top == *label));
        }
    }
    let clips: usize = bins.iter().map(|bin| bin.0).sum();
    bins.iter().map(|(_, confidence, right)| (confidence - right).abs()).sum::<f64>() / clips.max(1) as f64
}

fn surprise(answers: &[Answer], labels: &[usize], temperature: f32) -> f64 {
    let own = |(answer, label): (&Answer, &usize)| Some(answer.probabilities(temperature)?[*label]);
    let probabilities = answers.iter().zip(labels).filter_map(own);
    probabilities.map(|probability| -f64::from(probability.max(LEAST_PROBABILITY).ln())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::decision::one_utterance;

    /// Ten clips, two labels: the first is named with `logit` more, and is right in `right` of them.
    fn ten(logit: f32, right: usize) -> (Vec<Answer>, Vec<usize>) {
        let answers = vec![one_utterance(vec![logit, 0.0]); 10];
        (answers, (0..10).map(|clip| usize::from(clip >= right)).collect())
    }

    #[test]
    fn the_temperature_makes_confidence_as_high_as_accuracy() {
        let (answers, labels) = ten(4.0, 8);
        let temperature = fit_temperature(&answers, &labels);
        let (_, confidence) = answers[0].top(temperature).expect("one utterance");
        assert!((confidence - 0.8).abs() < 1e-3, "{confidence}");
        assert!(expected_calibration_error(&answers, &labels, temperature) < 1e-3);
    }

    #[test]
    fn too_much_confidence_shows_as_an_error() {
        let (answers, labels) = ten(10.0, 5);
        let error = expected_calibration_error(&answers, &labels, 1.0);
        assert!((error - 0.5).abs() < 1e-3, "{error}");
    }
}
