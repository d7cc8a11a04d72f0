//! More than one comparison.

/// Adjusts p-values for being many (Holm 1979), in their order: calling different what has an adjusted value of at most
/// `alpha` calls anything equal different with a probability of at most `alpha`. Works on values that hold at
/// every look as well. A value that is no number counts as 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let clean = |index: usize| if p_values[index].is_nan() { 1.0 } else { p_values[index].clamp(0.0, 1.0) };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|left, right| clean(*left).total_cmp(&clean(*right)));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut highest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        highest = highest.max((factor * clean(index)).min(1.0));
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_multiplied_by_how_many_are_no_smaller_and_never_change_places() {
        let adjusted = holm(&[0.04, 0.01, 0.03]);
        for (own, expected) in adjusted.iter().zip([0.06, 0.03, 0.06]) {
            assert!((own - expected).abs() < 1e-12, "{adjusted:?}");
        }
    }

    #[test]
    fn what_is_no_p_value_is_not_significant() {
        assert_eq!(holm(&[f64::NAN, 2.0]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
