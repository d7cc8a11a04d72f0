//! How the journal is run.

use std::sync::Arc;
use undertone_core::{Clock, SystemClock};

/// Limits of the journal, and the clock it uses.
#[derive(Clone)]
pub struct JournalOptions {
    /// Records that may wait for the writer; when so many wait, whoever records waits too.
    pub queue_records: usize,
    /// Records written in one transaction at most.
    pub group_records: usize,
    /// Answers that are kept in memory for a shipper that keeps up, so that it need not read them back.
    pub tail_records: usize,
    /// Bytes of rows that the file may hold. Beyond it, rows that Postgres already has are
    /// forgotten; when there are none left, new streams are refused while open ones are still recorded.
    pub limit_bytes: Option<u64>,
    /// Tells when something was set aside or shipped.
    pub clock: Arc<dyn Clock>,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            queue_records: 16_384,
            group_records: 4_096,
            tail_records: 20_000,
            limit_bytes: None,
            clock: Arc::new(SystemClock),
        }
    }
}
