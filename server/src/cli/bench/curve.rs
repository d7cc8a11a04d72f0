//! Latency against load, for whoever draws it.

use super::latency::Latency;
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
    /// Sizes, growing, and what was measured; a latency without a value where nothing was.
    pub(super) points: Vec<(usize, &'r Latency)>,
}

impl Curve<'_> {
    /// The bound in milliseconds.
    pub(super) fn bound_ms(&self) -> f64 {
        self.bound.as_secs_f64() * 1e3
    }
}
