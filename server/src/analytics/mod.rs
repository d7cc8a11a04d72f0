//! Figures about stored answers, for gRPC and for HTTP: checks what is asked, asks the store, computes what follows.

mod asked;
mod drift_watch;
mod figures;
mod http;
mod json;
mod judgements;
mod parameters;
mod service;
mod statistics;
mod training;

pub(crate) use drift_watch::watch_drift;
pub(crate) use http::routes;
pub use service::AnalyticsService;

use crate::models::Models;
use crate::settings::{DriftSettings, RecordingSettings};
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
    /// Whose bundles say what they learnt from.
    pub(crate) models: Arc<Models>,
    /// When that is too far away.
    pub(crate) drift: DriftSettings,
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
