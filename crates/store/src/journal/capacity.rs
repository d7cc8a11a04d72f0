//! Keeps the journal below its limit.

use sqlx::SqliteConnection;

const USED: &str = "select (page_count - freelist_count) * page_size \
     from pragma_page_count, pragma_freelist_count, pragma_page_size";

// What Postgres refused stays: this is its only copy.
const FORGET_PREDICTIONS: &str = "delete from predictions where seq in ( \
     select seq from predictions as p where seq <= (select predictions_seq from shipped) \
     and not exists (select 1 from set_aside where kind = 'prediction' and id = p.id) \
     order by seq limit ?)";
const FORGET_STREAMS: &str = "delete from streams where id in ( \
     select id from streams as s where ended_at_micros is not null \
     and not exists (select 1 from outbox where kind = 'stream' and id = s.id) \
     and not exists (select 1 from set_aside where kind = 'stream' and id = s.id) \
     and not exists (select 1 from predictions where stream_id = s.id) \
     order by id limit ?)";

/// Rows forgotten in one transaction, so that records do not wait long behind it.
const FORGET_ROWS: i64 = 2_000;

/// Bytes of the file that hold rows.
pub(super) async fn used_bytes(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let used: i64 = sqlx::query_scalar(USED).fetch_one(connection).await?;
    Ok(used.unsigned_abs())
}

/// Deletes the oldest rows that Postgres already has; returns how many. Their pages are used again.
pub(super) async fn forget_shipped(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let mut forgotten = 0;
    for statement in [FORGET_PREDICTIONS, FORGET_STREAMS] {
        let done = sqlx::query(statement).bind(FORGET_ROWS).execute(&mut *connection).await?;
        forgotten += done.rows_affected();
    }
    Ok(forgotten)
}
