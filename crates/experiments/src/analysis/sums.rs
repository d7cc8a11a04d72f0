//! Means over answers when only subjects are independent.

use super::estimate::Estimate;

/// What one subject adds to a mean: how many answers, and the sum of their values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cluster {
    /// Number of answers, or their weight.
    pub weight: f64,
    /// Sum of the answers' values.
    pub value: f64,
}

impl Cluster {
    /// The subject's own mean; `None` without answers.
    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.value / self.weight)
    }
}

/// Sums over subjects, from which a mean over all their answers and its standard error follow. They can be added
/// to at any time, and the answers themselves need not be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    range: f64,
    units: u64,
    weight: f64,
    value: f64,
    weight_weight: f64,
    weight_value: f64,
    value_value: f64,
}

impl Sums {
    /// No subjects yet. `range` is the width of the range that one answer's value lies in, 0 when there is no bound.
    pub const fn new(range: f64) -> Self {
        Self {
            range,
            units: 0,
            weight: 0.0,
            value: 0.0,
            weight_weight: 0.0,
            weight_value: 0.0,
            value_value: 0.0,
        }
    }

    /// Adds a subject; one without answers adds nothing.
    pub fn push(&mut self, cluster: Cluster) {
        let Cluster { weight, value } = cluster;
        if weight <= 0.0 {
            return;
        }
        self.units += 1;
        self.weight += weight;
        self.value += value;
        self.weight_weight += weight * weight;
        self.weight_value += weight * value;
        self.value_value += value * value;
    }

    /// Adds a subject with a single answer.
    pub fn push_one(&mut self, value: f64) {
        self.push(Cluster { weight: 1.0, value });
    }

    /// The mean `r = Σ value / Σ weight` and its cluster-robust standard error,
    /// `√(C / (C - 1) Σ (value - r weight)²) / Σ weight` over `C` subjects: Taylor's linearisation of a ratio of sums
    /// (Cochran 1977, chapter 6; the delta method of Deng, Knoblich and Lu 2018). `None` of fewer than two subjects.
    ///
    /// Where values have a range, one more residual of half the range and average weight goes in, so that a run
    /// of equal values does not look like certainty (as in the variance of Waudby-Smith and Ramdas 2024).
    pub fn estimate(&self) -> Option<Estimate> {
        if self.units < 2 {
            return None;
        }
        let units = self.units as f64;
        let mean = self.value / self.weight;
        let residuals = self.value_value - 2.0 * mean * self.weight_value + mean * mean * self.weight_weight;
        let prior = (0.5 * self.range * self.weight / units).powi(2);
        let squares = (residuals + prior).max(0.0) * units / (units - 1.0);
        Some(Estimate { value: mean, standard_error: squares.sqrt() / self.weight, units: self.units })
    }
}

impl FromIterator<Cluster> for Sums {
    /// Sums of values without a bound.
    fn from_iter<I: IntoIterator<Item = Cluster>>(clusters: I) -> Self {
        let mut sums = Self::new(0.0);
        clusters.into_iter().for_each(|cluster| sums.push(cluster));
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_answers_have_the_standard_error_of_a_mean() {
        let sums: Sums = [2.0, 4.0, 9.0].map(|value| Cluster { weight: 1.0, value }).into_iter().collect();
        let estimate = sums.estimate().unwrap();
        assert!((estimate.value - 5.0).abs() < 1e-12);
        assert!((estimate.standard_error - (13.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn subjects_whose_answers_are_all_alike_count_once() {
        let alone: Sums =
            [0.0, 1.0, 1.0, 0.0].map(|value| Cluster { weight: 1.0, value }).into_iter().collect();
        let fivefold: Sums =
            [0.0, 5.0, 5.0, 0.0].map(|value| Cluster { weight: 5.0, value }).into_iter().collect();
        let (alone, fivefold) = (alone.estimate().unwrap(), fivefold.estimate().unwrap());
        assert!((alone.standard_error - fivefold.standard_error).abs() < 1e-12);
    }

    #[test]
    fn answers_that_are_all_right_are_no_certainty() {
        let mut sums = Sums::new(1.0);
        (0..50).for_each(|_| sums.push_one(1.0));
        let standard_error = sums.estimate().unwrap().standard_error;
        assert!((standard_error - 0.5 * (50.0_f64 / 49.0).sqrt() / 50.0).abs() < 1e-12);
    }

    #[test]
    fn one_subject_tells_nothing_about_others() {
        let mut sums = Sums::new(1.0);
        sums.push_one(1.0);
        sums.push(Cluster::default());
        assert_eq!(sums.estimate(), None);
    }
}
