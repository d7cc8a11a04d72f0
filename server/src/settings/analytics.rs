//! `[analytics]`

use super::reader::Reader;
use crate::analytics::Limits;
use std::time::Duration;
use undertone_store::AnalyticsLimits;

/// `[analytics]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalyticsSettings {
    /// `analytics.max_range`, `.max_buckets`, `.max_filter_values`
    pub asked: Limits,
    /// `analytics.max_rows`, `.max_lookups`, `.timeout`
    pub store: AnalyticsLimits,
}

impl AnalyticsSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let defaults = AnalyticsLimits::default();
        Self {
            asked: Limits {
                range: reader.positive_duration("analytics.max_range", Duration::from_secs(400 * 86_400)),
                buckets: reader.count("analytics.max_buckets", 10_000, 1..=1_000_000) as u32,
                filter_values: reader.count("analytics.max_filter_values", 100, 1..=10_000) as usize,
            },
            store: AnalyticsLimits {
                rows: reader.count("analytics.max_rows", defaults.rows.into(), 1..=100_000_000) as u32,
                lookups: reader.count("analytics.max_lookups", defaults.lookups.into(), 1..=10_000_000)
                    as u32,
                longest_stream: defaults.longest_stream,
                timeout: reader.positive_duration("analytics.timeout", defaults.timeout),
            },
        }
    }
}
