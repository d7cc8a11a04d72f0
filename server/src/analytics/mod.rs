//! Figures about stored answers, for gRPC and for HTTP: checks what is asked, asks the store, computes what follows.

mod asked;
mod figures;
mod http;
mod json;
mod parameters;
mod service;
mod statistics;

pub(crate) use http::routes;
pub use service::AnalyticsService;

use crate::settings::RecordingSettings;
use std::sync::Arc;
use std::time::Duration;
use undertone_core::Clock;
use undertone_store::Analytics;

/// What both sides need.
#[derive(Clone)]
pub(crate) struct Figures {
    pub(crate) store: Analytics,
    pub(crate) limits: Limits,
    /// How subject keys are stored.
    pub(crate) recording: RecordingSettings,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `analytics.max_range`: the longest time.
    pub range: Duration,
    /// `analytics.max_buckets`: buckets in it.
    pub buckets: u32,
    /// `analytics.max_filter_values`: values in one list of a filter.
    pub filter_values: usize,
}
