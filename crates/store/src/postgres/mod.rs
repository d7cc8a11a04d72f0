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
pub(crate) use erase::{ErasureRow, erase, erasures_since, hold_off_erasures, last_erasure_before};
pub(crate) use merge::{
    Expect, Failure, make_staging, merge_predictions, merge_streams, note_refused_stream,
};
pub use partitions::{Keeping, Pruned};
pub(crate) use partitions::{make_ahead, make_for, prune};
pub use reader::PostgresReader;
pub use url::PostgresUrl;

use crate::StoreError;
use sqlx::{ConnectOptions, PgConnection};
use std::time::Duration;

/// How long a server that does not answer at all is waited for.
const CONNECT: Duration = Duration::from_secs(10);

/// What Postgres said to have committed is forgotten here, so it must be on its disk. A server or role with a weaker rule keeps
/// it for others; a stronger one stays.
const COMMIT_TO_DISK: &str = "select set_config('synchronous_commit', 'on', false) \
     where current_setting('synchronous_commit') = 'off'";

/// Opens a connection.
pub(crate) async fn connect(url: &PostgresUrl) -> Result<PgConnection, StoreError> {
    let opening = async {
        let mut connection = url.options().connect().await?;
        commit_to_disk(&mut connection).await?;
        Ok(connection)
    };
    match tokio::time::timeout(CONNECT, opening).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(StoreError::Reach { target: url.target(), source }),
        Err(_) => Err(StoreError::Silent { target: url.target(), seconds: CONNECT.as_secs() }),
    }
}

/// Has every commit of this connection wait for Postgres's disk.
pub(crate) async fn commit_to_disk(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(COMMIT_TO_DISK).execute(connection).await.map(drop)
}
