//! Everything that a run found, for whoever shows it.

use super::load::{Figures, TensorLoad};
use crate::cli::bench::curve::{Curve, Point};
use crate::cli::bench::plan::Found;
use std::time::Duration;

/// Everything that a run found.
pub(super) struct Report {
    /// How.
    pub(super) load: TensorLoad,
    /// The bound for 99 of 100 answers.
    pub(super) bound: Duration,
    pub(super) found: Found<Figures>,
}

impl Report {
    /// The latency of answers against the rate of requests.
    pub(super) fn curve(&self) -> Curve<'_> {
        let loads = self.found.by_size();
        Curve {
            title: format!("{}: latency of answers", self.load.question.model()),
            unit: "requests per second",
            bound: self.bound,
            points: loads
                .iter()
                .map(|figures| Point::of(*figures, &figures.tally.latency, self.bound))
                .collect(),
        }
    }
}
