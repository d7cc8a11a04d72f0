//! What a start does about the streams that a crash left open.

use sqlx::SqliteConnection;

const ANNOUNCE: &str =
    "insert into outbox (kind, id) select 'stream', id from streams where ended_at_micros is null";

// Nobody knows when the process died, so a stream ends at its last sign of life.
const END: &str = "update streams set \
     ended_at_micros = max(opened_at_micros, coalesce( \
         (select max(created_at_micros) from predictions where stream_id = streams.id), opened_at_micros)), \
     end_reason = 'failed', \
     samples = coalesce((select max(end_samples) from predictions where stream_id = streams.id), 0), \
     utterances = (select count(distinct utterance) from predictions \
         where stream_id = streams.id and is_final and role = 'live'), \
     recovered = 1 \
     where ended_at_micros is null";

/// Ends every open stream with reason `failed`, and returns how many there were. To be called
/// before the first record of this run.
pub(super) async fn end_open_streams(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    sqlx::query("begin immediate").execute(&mut *connection).await?;
    sqlx::query(ANNOUNCE).execute(&mut *connection).await?;
    let ended = sqlx::query(END).execute(&mut *connection).await?;
    sqlx::query("commit").execute(&mut *connection).await?;
    Ok(ended.rows_affected())
}
