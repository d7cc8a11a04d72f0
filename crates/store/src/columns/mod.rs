//! The rows of both databases as flat columns: bound to statements, read back from queries, and
//! copied to Postgres. The core's records stand on the other side.

mod prediction;
mod stream;

pub(crate) use prediction::PredictionColumns;
pub use stream::StreamRow;
pub(crate) use stream::{StreamColumns, StreamEndColumns};

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Why a record cannot be a row, or a row cannot be a record. Always says which column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub(crate) struct Misfit {
    column: &'static str,
    reason: String,
}

impl Misfit {
    pub(crate) fn new(column: &'static str, reason: impl Into<String>) -> Self {
        Self { column, reason: reason.into() }
    }
}

/// Databases count with signs; nothing real is too large for them.
pub(crate) fn to_signed(column: &'static str, value: u64) -> Result<i64, Misfit> {
    i64::try_from(value).map_err(|_| Misfit::new(column, format!("{value} is too large for a database")))
}

fn to_micros(column: &'static str, duration: Duration) -> Result<i64, Misfit> {
    i64::try_from(duration.as_micros()).map_err(|_| Misfit::new(column, "the duration is too long"))
}

fn from_micros(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// Reads a number back into the type that the core gives it.
pub(crate) fn narrowed<Wide, Narrow>(column: &'static str, value: Wide) -> Result<Narrow, Misfit>
where
    Wide: Copy + std::fmt::Display,
    Narrow: TryFrom<Wide>,
{
    Narrow::try_from(value).map_err(|_| Misfit::new(column, format!("{value} is out of range")))
}

fn to_json<T: Serialize>(column: &'static str, values: &[T]) -> Result<String, Misfit> {
    serde_json::to_string(values).map_err(|error| Misfit::new(column, error.to_string()))
}

/// Reads a JSON array back.
pub(crate) fn from_json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<Vec<T>, Misfit> {
    serde_json::from_str(text).map_err(|error| Misfit::new(column, format!("not an array: {error}")))
}
