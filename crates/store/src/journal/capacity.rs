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

/// With a Postgres these are read there alone.
const FORGET_EXPOSURES: &str = "delete from exposures where (tenant, experiment, unit, origin) in ( \
     select tenant, experiment, unit, origin from exposures where shipped = 1 limit ?)";
const FORGET_FEEDBACK: &str = "delete from feedback where (tenant, id) in ( \
     select tenant, id from feedback where shipped = 1 limit ?)";

/// Rows of a kind forgotten in one transaction, so that records do not wait long behind it.
const FORGET_ROWS: i64 = 2_000;

/// Whether the rows fit below the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// They do.
    Enough,
    /// Not yet; some were forgotten, and more may be.
    Coming,
    /// They do not, and nothing can be forgotten.
    Missing,
}

/// Forgets some of what may be forgotten where the rows do not fit below `limit`: who has records waits no longer than that.
pub(super) async fn make_room(connection: &mut SqliteConnection, limit: u64) -> Result<Room, sqlx::Error> {
    if used_bytes(connection).await? <= limit {
        return Ok(Room::Enough);
    }
    Ok(match forget_shipped(connection).await? {
        0 => Room::Missing,
        _ if used_bytes(connection).await? <= limit => Room::Enough,
        _ => Room::Coming,
    })
}

/// Bytes of the file that hold rows.
async fn used_bytes(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let used: i64 = sqlx::query_scalar(USED).fetch_one(connection).await?;
    Ok(used.unsigned_abs())
}

/// Deletes rows that Postgres already has, of predictions and streams the oldest; returns how many. Their pages are used again.
async fn forget_shipped(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let mut forgotten = 0;
    for statement in [FORGET_PREDICTIONS, FORGET_STREAMS, FORGET_EXPOSURES, FORGET_FEEDBACK] {
        let done = sqlx::query(statement).bind(FORGET_ROWS).execute(&mut *connection).await?;
        forgotten += done.rows_affected();
    }
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::super::{connect, file_in, prepare};
    use super::*;

    const FILL: [&str; 2] = [
        "insert into exposures (tenant, experiment, unit, origin, arm, share, stream_id, at_micros, shipped) \
         values ('default', 'trial', 'sent', 'drawn', 'a', 0.5, 's', 1, 1), \
         ('default', 'trial', 'waiting', 'drawn', 'a', 0.5, 's', 2, 0)",
        "insert into feedback (tenant, id, prediction_id, label, source, said_at_micros, received_at_micros, shipped) \
         values ('default', 'sent', 'p', 'sad', '', 1, 1, 1), ('default', 'waiting', 'p', 'sad', '', 2, 2, 0)",
    ];

    #[tokio::test]
    async fn exposures_and_feedback_that_postgres_has_make_room_and_others_stay() {
        let data = tempfile::tempdir().unwrap();
        let path = file_in(data.path());
        let mut connection = connect(&path).await.unwrap();
        prepare(&mut connection, &path).await.unwrap();
        for statement in FILL {
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        assert_eq!(forget_shipped(&mut connection).await.unwrap(), 2);
        assert_eq!(forget_shipped(&mut connection).await.unwrap(), 0);
        for left in ["select unit from exposures", "select id from feedback"] {
            let left: Vec<String> = sqlx::query_scalar(left).fetch_all(&mut connection).await.unwrap();
            assert_eq!(left, ["waiting"]);
        }
    }
}
