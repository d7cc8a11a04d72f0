//! What a start does about the streams that a crash left open.

use sqlx::SqliteConnection;

/// Open streams, and those that were taken up again after they had ended: their rows tell of the time before.
macro_rules! unended {
    () => {
        "ended_at_micros is null or (end_reason in ('failed', 'drained') and exists \
            (select 1 from predictions where stream_id = streams.id and role = 'live' \
             and created_at_micros > streams.ended_at_micros))"
    };
}

const ANNOUNCE: &str =
    concat!("insert into outbox (kind, id) select 'stream', id from streams where ", unended!());

// Nobody knows when the process died, so a stream ends at its last sign of life.
const END: &str = concat!(
    "update streams set \
     ended_at_micros = max(opened_at_micros, coalesce( \
         (select max(created_at_micros) from predictions where stream_id = streams.id), opened_at_micros)), \
     end_reason = 'failed', \
     samples = coalesce((select max(end_samples) from predictions where stream_id = streams.id), 0), \
     utterances = (select count(distinct utterance) from predictions \
         where stream_id = streams.id and is_final and role = 'live'), \
     recovered = 1 where ",
    unended!()
);

/// Ends every open stream with reason `failed`, and returns how many there were. To be called
/// before the first record of this run.
pub(super) async fn end_open_streams(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    sqlx::query("begin immediate").execute(&mut *connection).await?;
    sqlx::query(ANNOUNCE).execute(&mut *connection).await?;
    let ended = sqlx::query(END).execute(&mut *connection).await?;
    sqlx::query("commit").execute(&mut *connection).await?;
    Ok(ended.rows_affected())
}
