//! Predictions go into the journal many at a time: what a statement costs beside its rows is paid once.

use crate::columns::PredictionColumns;
use sqlx::SqliteConnection;
use std::sync::LazyLock;

/// Rows of one statement, largest first. Few sizes, so that each statement is prepared once.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];
const COLUMNS: &str = "insert into predictions (id, stream_id, utterance, created_at_micros, model_name, model_version, arm, \
     role, is_final, start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, \
     features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) values ";
const ROW: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static STATEMENTS: LazyLock<[String; 5]> = LazyLock::new(|| {
    SIZES.map(|rows| format!("{COLUMNS}{} on conflict (id) do nothing", vec![ROW; rows].join(", ")))
});

/// What an insertion did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Inserted {
    /// Rows that were not there before.
    pub(super) rows: u64,
    /// The number of the last one of the last statement.
    pub(super) last_seq: i64,
}

/// Inserts those that are not there. When that is all of them, their numbers are consecutive.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[PredictionColumns],
) -> Result<Inserted, sqlx::Error> {
    let mut inserted = Inserted::default();
    let mut rest = rows;
    for (size, statement) in SIZES.into_iter().zip(STATEMENTS.iter()) {
        while rest.len() >= size {
            let (chunk, later) = rest.split_at(size);
            let done = insert_chunk(connection, statement, chunk).await?;
            inserted = Inserted { rows: inserted.rows + done.rows, last_seq: done.last_seq };
            rest = later;
        }
    }
    Ok(inserted)
}

async fn insert_chunk(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[PredictionColumns],
) -> Result<Inserted, sqlx::Error> {
    let mut query = sqlx::query(statement);
    for row in rows {
        query = query
            .bind(&row.id)
            .bind(&row.stream_id)
            .bind(row.utterance)
            .bind(row.created_at_micros)
            .bind(&row.model_name)
            .bind(&row.model_version)
            .bind(&row.arm)
            .bind(&row.role)
            .bind(row.is_final)
            .bind(row.start_samples)
            .bind(row.end_samples)
            .bind(&row.labels)
            .bind(&row.probabilities)
            .bind(&row.top)
            .bind(row.confidence)
            .bind(row.abstained)
            .bind(row.queue_micros)
            .bind(row.features_micros)
            .bind(row.inference_micros)
            .bind(row.level_dbfs)
            .bind(row.snr_db)
            .bind(row.speech_share)
            .bind(row.f0_hz)
            .bind(&row.tenant);
    }
    let done = query.execute(connection).await?;
    Ok(Inserted { rows: done.rows_affected(), last_seq: done.last_insert_rowid() })
}
