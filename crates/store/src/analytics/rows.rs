//! From the rows of a journal.

use super::{AnalyticsQuery, AnswerRow};
use sqlx::SqlitePool;

const OF_JOURNAL: &str = "select p.created_at_micros, p.model_name, p.model_version, coalesce(p.arm, '') as arm, p.role, p.top, \
     p.abstained, p.confidence, p.end_samples - p.start_samples as speech_samples, p.queue_micros, p.features_micros, \
     p.inference_micros, p.level_dbfs, p.snr_db, p.speech_share, p.f0_hz from predictions p where p.is_final and p.created_at_micros >= ?1 and p.created_at_micros < ?2 \
     and (?3 is null or p.tenant = ?3) \
     and (?4 is null or exists (select 1 from streams s where s.id = p.stream_id and s.subject_key = ?4)) \
     and (?5 is null or exists (select 1 from streams s, json_each(s.labels) l where s.id = p.stream_id and l.key = ?5 and l.value = ?6)) \
     order by p.created_at_micros desc limit ?7";

pub(super) async fn of_journal(
    pool: &SqlitePool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<AnswerRow>, sqlx::Error> {
    let (from, to) = query.span();
    let filter = &query.filter;
    let (key, value) = filter.label.as_ref().map(|(key, value)| (key, value)).unzip();
    let rows: Vec<AnswerRow> = sqlx::query_as(OF_JOURNAL)
        .bind(from.0)
        .bind(to.0)
        .bind(&filter.tenant)
        .bind(&filter.subject)
        .bind(key)
        .bind(value)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().filter(|row| wanted(query, row)).collect())
}

/// What Postgres does in its statements.
fn wanted(query: &AnalyticsQuery, row: &AnswerRow) -> bool {
    let filter = &query.filter;
    let within = |list: &[String], value: &String| list.is_empty() || list.contains(value);
    within(&filter.models, &row.model_name)
        && within(&filter.versions, &row.model_version)
        && within(&filter.arms, &row.arm)
        && filter.role.is_none_or(|role| role.name() == row.role)
}
