//! How far confidence can be believed.

/// Ranges of confidence of equal width, as in the evaluation of trained networks.
const BINS: usize = 15;

/// Expected calibration error (Naeini, Cooper and Hauskrecht 2015): mean distance between confidence and accuracy over
/// 15 ranges of equal width, weighted by their answers; of confidences and whether the answer was right. `None`
/// without any. It is above 0 for perfect calibration too, the more so the fewer answers there are.
pub fn calibration_error(answers: impl IntoIterator<Item = (f64, bool)>) -> Option<f64> {
    let mut bins = [(0.0_f64, 0.0_f64); BINS];
    let mut count = 0_usize;
    for (confidence, right) in answers {
        // A confidence of 1 belongs to the last range; casting saturates, so no other index is possible.
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += confidence;
        bin.1 += f64::from(u8::from(right));
        count += 1;
    }
    let distance: f64 = bins.iter().map(|(confidence, right)| (confidence - right).abs()).sum();
    (count > 0).then(|| distance / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_distance_weighted_by_answers() {
        let answers = [(0.9, true), (0.9, true), (0.9, false), (0.5, true)];
        let expected = ((2.7 - 2.0_f64).abs() + 0.5) / 4.0;
        assert!((calibration_error(answers).unwrap() - expected).abs() < 1e-12);
        assert_eq!(calibration_error([]), None);
    }

    #[test]
    fn full_confidence_is_in_the_last_range() {
        assert!(calibration_error([(1.0, true)]).unwrap().abs() < 1e-12);
    }
}
