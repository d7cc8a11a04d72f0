//! The writer's statements. A change of a stream and its entry in the outbox are sent together, since each sending wakes the
//! thread that SQLite runs on. Each runs inside the writer's transaction; a statement that a check
//! refuses takes back its own work only.

use crate::columns::{StreamColumns, StreamEndColumns};
use sqlx::SqliteConnection;
use undertone_core::{Record, UnixMicros};

const INSERT_STREAM: &str = "insert into streams (id, opened_at_micros, tenant, subject_key, model_name, \
     model_version, encoding, sample_rate_hz, labels) values (?, ?, ?, ?, ?, ?, ?, ?, ?) \
     on conflict (id) do nothing; insert into outbox (kind, id) select 'stream', ? where changes() > 0";
const END_STREAM: &str = "update streams set ended_at_micros = ?, end_reason = ?, samples = ?, \
     utterances = ?, recovered = 0 where id = ? and (ended_at_micros is null or \
     (coalesce(samples, 0), ended_at_micros) < (?, ?)); \
     insert into outbox (kind, id) select 'stream', ? where changes() > 0";
const SET_ASIDE: &str = "insert into set_aside (at_micros, refused_by, kind, id, error, record, tenant, subject_key, stream_id) \
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Which table a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Stream,
    Prediction,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Prediction => "prediction",
        }
    }
}

/// A row that goes to `set_aside`.
pub(super) struct SetAside<'a> {
    pub(super) at: UnixMicros,
    pub(super) refused_by: &'static str,
    pub(super) kind: Kind,
    pub(super) id: &'a str,
    pub(super) error: &'a str,
    pub(super) record: Option<Whole>,
}

/// A record that has no row here, and what it is found by.
pub(super) struct Whole {
    pub(super) text: String,
    /// Tenant and subject of a stream.
    pub(super) owner: Option<(String, Option<String>)>,
    pub(super) stream_id: String,
}

impl Whole {
    pub(super) fn of(record: &Record) -> Self {
        let (stream, owner) = match record {
            Record::StreamOpened(own) => (own.stream_id, Some((own.tenant.clone(), own.subject_key.clone()))),
            Record::Utterance(own) => (own.stream_id, None),
            Record::StreamEnded(own) => (own.stream_id, None),
        };
        Self { text: format!("{record:?}"), owner, stream_id: stream.to_string() }
    }
}

/// Puts it in the outbox too. False when the stream was already there.
pub(super) async fn insert_stream(
    connection: &mut SqliteConnection,
    row: &StreamColumns,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(INSERT_STREAM)
        .bind(&row.id)
        .bind(row.opened_at_micros)
        .bind(&row.tenant)
        .bind(&row.subject_key)
        .bind(&row.model_name)
        .bind(&row.model_version)
        .bind(&row.encoding)
        .bind(row.sample_rate_hz)
        .bind(&row.labels)
        .bind(&row.id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A stream that was taken up again ends once more, and the end counts that more audio was heard before, which the server may
/// notice sooner than that of the connection that broke; of two at the same place the later one. It is in the outbox then. False when
/// no such stream is there, or when another end counts.
pub(super) async fn end_stream(
    connection: &mut SqliteConnection,
    row: &StreamEndColumns,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(END_STREAM)
        .bind(row.ended_at_micros)
        .bind(row.end_reason)
        .bind(row.samples)
        .bind(row.utterances)
        .bind(&row.id)
        .bind(row.samples)
        .bind(row.ended_at_micros)
        .bind(&row.id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether the stream has a row, open or ended.
pub(super) async fn stream_is_known(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query("select 1 from streams where id = ?").bind(id).fetch_optional(connection).await?;
    Ok(found.is_some())
}

/// Keeps what a database refused, and why.
pub(super) async fn set_aside(
    connection: &mut SqliteConnection,
    row: SetAside<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(SET_ASIDE)
        .bind(row.at.0)
        .bind(row.refused_by)
        .bind(row.kind.name())
        .bind(row.id)
        .bind(row.error)
        .bind(row.record.as_ref().map(|record| &record.text))
        .bind(row.record.as_ref().and_then(|record| Some(&record.owner.as_ref()?.0)))
        .bind(row.record.as_ref().and_then(|record| record.owner.as_ref()?.1.as_ref()))
        .bind(row.record.as_ref().map(|record| &record.stream_id))
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that changes of streams up to and with `streams_edge`, and predictions up to and with `predictions_edge`, are in
/// Postgres; returns how many changes left the outbox.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    streams_edge: i64,
    predictions_edge: i64,
) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query("delete from outbox where seq <= ?").bind(streams_edge).execute(&mut *connection).await?;
    sqlx::query("update shipped set predictions_seq = ?1 where predictions_seq < ?1")
        .bind(predictions_edge)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
