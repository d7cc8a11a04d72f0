//! `[drift]`

use super::reader::Reader;
use std::time::Duration;

/// `[drift]`: when what is heard or answered is too far from what a model learnt from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftSettings {
    /// `drift.every`: how often the server looks by itself.
    pub every: Duration,
    /// `drift.window`: at how much time, up to now.
    pub window: Duration,
    /// `drift.min_answers`: with fewer nothing is told.
    pub min_answers: u64,
    /// `drift.stability_index`
    pub stability_index: f64,
    /// `drift.divergence`, in bits.
    pub divergence: f64,
}

impl DriftSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            every: reader
                .positive_duration("drift.every", Duration::from_secs(600))
                .max(Duration::from_millis(10)),
            window: reader.positive_duration("drift.window", Duration::from_secs(86_400)),
            min_answers: reader.count("drift.min_answers", 200, 1..=u64::MAX >> 1),
            stability_index: f64::from(reader.number("drift.stability_index", 0.25, 0.0..=1_000.0)),
            divergence: f64::from(reader.number("drift.divergence", 0.1, 0.0..=1.0)),
        }
    }
}
