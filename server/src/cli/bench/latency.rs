//! How long things took.

use hdrhistogram::Histogram;
use std::time::Duration;

/// Longer times count as this; a load that takes minutes to answer is told by then.
const LONGEST: Duration = Duration::from_secs(600);
/// Values are kept to 1 in 1000.
const SIGNIFICANT_DIGITS: u8 = 3;

/// A histogram of times in microseconds.
#[derive(Debug, Clone)]
pub(super) struct Latency(Histogram<u64>);

/// What is told about one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantiles {
    pub(super) count: u64,
    pub(super) mean_ms: f64,
    pub(super) p50_ms: f64,
    pub(super) p90_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) max_ms: f64,
}

impl Latency {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST.as_micros() as u64, SIGNIFICANT_DIGITS);
        Self(histogram.expect("the bounds are constants that the histogram takes"))
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that a share of `quantile` of all stayed within.
    pub(super) fn at(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(quantile))
    }

    /// Whether 99 of 100 stayed within `bound`; `None` when there are none.
    pub(super) fn is_within(&self, bound: Duration) -> Option<bool> {
        (self.count() > 0).then(|| self.at(0.99) < bound)
    }

    pub(super) fn quantiles(&self) -> Quantiles {
        let millis = |quantile| self.at(quantile).as_secs_f64() * 1e3;
        Quantiles {
            count: self.count(),
            mean_ms: self.0.mean() / 1e3,
            p50_ms: millis(0.5),
            p90_ms: millis(0.9),
            p95_ms: millis(0.95),
            p99_ms: millis(0.99),
            p999_ms: millis(0.999),
            max_ms: self.0.max() as f64 / 1e3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut latency = Latency::new();
        for millis in 1..=1000 {
            latency.record(Duration::from_millis(millis));
        }
        let quantiles = latency.quantiles();
        for (found, expected) in [
            (quantiles.p50_ms, 500.0),
            (quantiles.p99_ms, 990.0),
            (quantiles.max_ms, 1000.0),
            (quantiles.mean_ms, 500.5),
        ] {
            assert!((found - expected).abs() <= expected / 500.0, "{found} {expected}");
        }
    }

    #[test]
    fn a_time_beyond_the_longest_counts_as_the_longest() {
        let mut latency = Latency::new();
        latency.record(Duration::from_secs(10_000));
        assert!(latency.at(1.0) >= LONGEST);
    }
}
