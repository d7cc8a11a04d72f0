//! Predictions go into the journal many at a time: what a statement costs beside its rows is paid once.

use crate::columns::PredictionColumns;
use sqlx::SqliteConnection;
use std::sync::LazyLock;

/// Rows of one statement, largest first. Few sizes, so that each statement is prepared once.
const SIZES: [usize; 4] = [64, 16, 4, 1];
const COLUMNS: &str = "insert into predictions (id, stream_id, utterance, created_at_micros, model_name, model_version, arm, \
     role, is_final, start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, \
     features_micros, inference_micros, level_dbfs, snr_db, speech_share, f0_hz, tenant) values ";
const ROW: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static STATEMENTS: LazyLock<[String; 4]> = LazyLock::new(|| {
    SIZES.map(|rows| format!("{COLUMNS}{} on conflict (id) do nothing", vec![ROW; rows].join(", ")))
});

/// Inserts those that are not there; returns how many that were.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[PredictionColumns],
) -> Result<u64, sqlx::Error> {
    let mut inserted = 0;
    let mut rest = rows;
    for (size, statement) in SIZES.into_iter().zip(STATEMENTS.iter()) {
        while rest.len() >= size {
            let (chunk, later) = rest.split_at(size);
            inserted += insert_chunk(connection, statement, chunk).await?;
            rest = later;
        }
    }
    Ok(inserted)
}

async fn insert_chunk(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[PredictionColumns],
) -> Result<u64, sqlx::Error> {
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
    Ok(query.execute(connection).await?.rows_affected())
}
