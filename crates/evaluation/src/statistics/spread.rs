//! How much repeated measurements differ.

use serde::Serialize;

/// Mean and spread of a figure over seeds or folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// How many values there are.
    pub values: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation with `n - 1` in the denominator; `None` of fewer than two values.
    pub deviation: Option<f64>,
    /// The lowest value.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
}

impl Spread {
    /// Measures `values`; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            values: values.len(),
            mean,
            deviation: (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
            lowest: values.iter().copied().min_by(f64::total_cmp)?,
            highest: values.iter().copied().max_by(f64::total_cmp)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = Spread::of(&[2.0, 4.0, 9.0]).unwrap();
        assert!((spread.mean - 5.0).abs() < 1e-12);
        assert!((spread.deviation.unwrap() - 13.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!((spread.lowest, spread.highest), (2.0, 9.0));
    }

    #[test]
    fn one_value_has_no_deviation_and_none_no_spread() {
        assert_eq!(Spread::of(&[0.5]).unwrap().deviation, None);
        assert_eq!(Spread::of(&[]), None);
    }
}
