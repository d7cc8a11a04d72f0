//! Everything that a run found, for whoever shows it.

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
    pub(super) found: Found,
}

impl Report {
    /// The bound in milliseconds.
    pub(super) fn bound_ms(&self) -> f64 {
        self.bound.as_secs_f64() * 1e3
    }

    /// The loads by their size.
    pub(super) fn by_size(&self) -> Vec<&Figures> {
        let mut loads: Vec<&Figures> = self.found.loads.iter().collect();
        loads.sort_by_key(|figures| figures.streams);
        loads
    }
}
