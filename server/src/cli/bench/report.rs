//! Everything that a run found, for whoever shows it.

use super::curve::{Curve, Point};
use super::load::{Figures, Load};
use super::plan::Found;
use std::time::Duration;
use undertone_proto::v1;

/// Everything that a run found.
pub(super) struct Report {
    /// The model that answered.
    pub(super) model: v1::ModelRef,
    /// Recordings that were sent, and that were found.
    pub(super) clips: (usize, usize),
    /// How.
    pub(super) load: Load,
    /// The bound for 99 of 100 updates.
    pub(super) bound: Duration,
    pub(super) found: Found<Figures>,
}

impl Report {
    /// The bound in milliseconds.
    pub(super) fn bound_ms(&self) -> f64 {
        self.bound.as_secs_f64() * 1e3
    }

    /// Whether any utterance was answered.
    pub(super) fn has_finals(&self) -> bool {
        self.found.loads.iter().any(|figures| figures.tally.finals > 0)
    }

    /// The latency of updates against the number of streams.
    pub(super) fn curve(&self) -> Curve<'_> {
        let loads = self.found.by_size();
        Curve {
            title: format!("{} {}: latency of updates", self.model.name, self.model.version),
            unit: "streams at once",
            bound: self.bound,
            points: loads
                .iter()
                .map(|figures| Point::of(*figures, &figures.tally.update_latency, self.bound))
                .collect(),
        }
    }
}
