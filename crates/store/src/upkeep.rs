//! What an operator does to Postgres by hand.

use crate::{Database, Keeping, PostgresUrl, Pruned, StoreError, migrate, postgres};
use undertone_core::Clock;

const PARTITIONS: &str = "select parent, name, from_time::text, to_time::text, \
     greatest(c.reltuples, 0)::bigint as rows, pg_total_relation_size(c.oid) as bytes \
     from partitions p join pg_class c on c.oid = to_regclass(p.name) \
     union all select left(relname, -8), relname, '', '', greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) \
     from pg_class where relname in ('streams_default', 'predictions_default') order by 1, 3";

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PartitionRow {
    /// `streams` or `predictions`.
    pub parent: String,
    /// Its own name.
    pub name: String,
    /// Where its time begins, as Postgres writes it; empty for the default partition.
    pub from_time: String,
    /// Where its time ends; empty for the default partition.
    pub to_time: String,
    /// Rows, as Postgres estimates them.
    pub rows: i64,
    /// Bytes, indexes included.
    pub bytes: i64,
}

/// The partitions of a database.
///
/// # Errors
/// When it cannot be reached or has not been migrated.
pub async fn partitions(url: &PostgresUrl) -> Result<Vec<PartitionRow>, StoreError> {
    let mut connection = postgres::connect(url).await?;
    let read = sqlx::query_as(PARTITIONS).fetch_all(&mut connection).await;
    read.map_err(|source| StoreError::Query {
        what: "reading the partitions",
        database: url.target(),
        source,
    })
}

/// Drops what is older than `keeping` says, by `clock` and by that of Postgres, as a running server does every hour.
///
/// # Errors
/// When Postgres cannot be reached, or somebody reads an old partition for too long.
pub async fn prune(url: &PostgresUrl, keeping: &Keeping, clock: &dyn Clock) -> Result<Pruned, StoreError> {
    migrate::migrate(&Database::Postgres(url.clone())).await?;
    let mut connection = postgres::connect(url).await?;
    let mut pruned = Pruned::default();
    let done = postgres::prune(&mut connection, keeping, clock.now(), &mut pruned).await;
    done.map_err(|source| StoreError::Query { what: "pruning", database: url.target(), source })?;
    Ok(pruned)
}
