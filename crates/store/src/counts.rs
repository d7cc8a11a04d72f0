//! How much a database holds.

/// Rows per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All streams.
    pub streams: u64,
    /// Streams that have not ended.
    pub open_streams: u64,
    /// All predictions.
    pub predictions: u64,
}

/// One row of counts, as both databases give it.
#[derive(sqlx::FromRow)]
pub(crate) struct CountColumns {
    streams: i64,
    open_streams: i64,
    predictions: i64,
}

impl From<CountColumns> for Counts {
    fn from(columns: CountColumns) -> Self {
        Self {
            streams: columns.streams.unsigned_abs(),
            open_streams: columns.open_streams.unsigned_abs(),
            predictions: columns.predictions.unsigned_abs(),
        }
    }
}
