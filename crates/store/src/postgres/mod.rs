//! Postgres: how it is addressed, reached, filled and read.

mod binary;
mod counted;
mod erase;
mod merge;
mod partitions;
mod reader;
mod rollup;
mod url;

pub(crate) use binary::Rows;
pub(crate) use erase::{ErasureRow, erase, erasures_since, hold_off_erasures};
pub(crate) use merge::{Expect, Failure, make_staging, merge_predictions, merge_streams};
pub use partitions::{Keeping, Pruned};
pub(crate) use partitions::{make_ahead, make_for, prune};
pub use reader::PostgresReader;
pub use url::PostgresUrl;

use crate::StoreError;
use sqlx::{ConnectOptions, PgConnection};
use std::time::Duration;

/// How long a server that does not answer at all is waited for.
const CONNECT: Duration = Duration::from_secs(10);

/// Opens a connection.
pub(crate) async fn connect(url: &PostgresUrl) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT, url.options().connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(StoreError::Reach { target: url.target(), source }),
        Err(_) => Err(StoreError::Silent { target: url.target(), seconds: CONNECT.as_secs() }),
    }
}
