//! Latency against load, for whoever draws it.

use super::latency::Latency;
use super::plan::Showing;
use std::time::Duration;

/// Latency against load.
#[derive(Debug)]
pub(super) struct Curve<'r> {
    /// Of what.
    pub(super) title: String,
    /// What the size of a load counts.
    pub(super) unit: &'static str,
    /// The bound for 99 of 100.
    pub(super) bound: Duration,
    /// By size, growing.
    pub(super) points: Vec<Point<'r>>,
}

/// A load.
#[derive(Debug)]
pub(super) struct Point<'r> {
    pub(super) size: usize,
    /// Without a value where nothing was measured.
    pub(super) latency: &'r Latency,
    /// Whether it kept within the bound; one that was refused in part or ended early did not, however fast the rest was.
    pub(super) kept: bool,
}

impl<'r> Point<'r> {
    /// What `figures` showed of one latency, and whether they kept within `bound`.
    pub(super) fn of(figures: &impl Showing, latency: &'r Latency, bound: Duration) -> Self {
        Self { size: figures.size(), latency, kept: figures.keep_within(bound) }
    }
}

impl Curve<'_> {
    /// The bound in milliseconds.
    pub(super) fn bound_ms(&self) -> f64 {
        self.bound.as_secs_f64() * 1e3
    }
}
