//! What can be seen of the way to Postgres.

use std::time::Duration;
use undertone_core::UnixMicros;

/// How shipping stands. Row numbers are kept by the journal and so are right without a shipper too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShipperStatus {
    /// Whether the last exchange with Postgres went well.
    pub connected: bool,
    /// Changes that are in the journal and not yet in Postgres. Already counts a record when its
    /// future completes.
    pub pending_rows: u64,
    /// Changes that reached Postgres since the journal was opened.
    pub shipped_rows: u64,
    /// Batches of rows that Postgres took since the journal was opened.
    pub batches: u64,
    /// How long it took for them, all together.
    pub batch_time: Duration,
    /// Rows in the journal's `set_aside` table, refused by either database.
    pub set_aside_rows: u64,
    /// When rows last reached Postgres.
    pub last_success: Option<UnixMicros>,
    /// Why the last exchange failed, as one sentence; empty again after a good one.
    pub last_error: Option<String>,
}
