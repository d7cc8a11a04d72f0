//! A figure and what else it could be.

use crate::numerics::normal_upper_quantile;

/// A figure and the values that the observations leave plausible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// The lowest plausible value.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Interval {
    /// `value` with as much on either side.
    pub(crate) const fn around(value: f64, half_width: f64) -> Self {
        Self { value, low: value - half_width, high: value + half_width }
    }

    /// The part of it that a figure between `low` and `high` can have. What cannot be is no loss: it holds the truth as often.
    pub fn within(self, (low, high): (f64, f64)) -> Self {
        Self { value: self.value, low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }

    /// Whether it holds `value`.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Whether nothing between `-margin` and `margin` is plausible.
    pub fn excludes(&self, margin: f64) -> bool {
        self.low > margin || self.high < -margin
    }

    /// Whether all that is plausible is between `-margin` and `margin`.
    pub fn is_within(&self, margin: f64) -> bool {
        self.low >= -margin && self.high <= margin
    }
}

/// The score interval of a share (Wilson 1927) for one look at independent trials; `None` without any.
pub fn wilson(successes: u64, trials: u64, alpha: f64) -> Option<Interval> {
    let valid = trials > 0 && successes <= trials && alpha > 0.0 && alpha < 1.0;
    let (n, z) = (trials as f64, normal_upper_quantile(alpha / 2.0));
    let share = successes as f64 / n;
    let shrink = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / shrink;
    let half_width = z / shrink * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let (low, high) = ((centre - half_width).max(0.0), (centre + half_width).min(1.0));
    valid.then_some(Interval { value: share, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_all_or_nothing_still_has_an_interval() {
        let none = wilson(0, 10, 0.05).unwrap();
        assert!(none.low.abs() < 1e-12 && (none.high - 0.277_533).abs() < 1e-5);
        assert_eq!(wilson(0, 0, 0.05), None);
        assert_eq!(wilson(3, 2, 0.05), None);
    }

    #[test]
    fn what_a_figure_cannot_be_is_not_told() {
        let recall = Interval { value: 0.98, low: 0.92, high: 1.04 };
        assert_eq!(recall.within((0.0, 1.0)), Interval { high: 1.0, ..recall });
        let latency = Interval { value: 0.1, low: -0.1, high: 0.3 };
        assert_eq!(latency.within((0.0, f64::INFINITY)), Interval { low: 0.0, ..latency });
    }

    #[test]
    fn a_margin_is_a_difference_that_counts_as_none() {
        let difference = Interval { value: 0.02, low: 0.01, high: 0.03 };
        assert!(difference.excludes(0.0) && !difference.excludes(0.01));
        assert!(difference.is_within(0.03) && !difference.is_within(0.02));
    }
}
