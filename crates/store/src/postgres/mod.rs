//! Postgres: how it is addressed, reached, filled and read.

mod insert;
mod reader;
mod url;

pub(crate) use insert::{Failure, insert_predictions, insert_streams};
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
