//! From rows, through the indexes by subject, label, stream and time.

use super::{AnalyticsFilter, AnalyticsQuery, AnswerRow};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, SqlitePool};
use std::collections::BTreeMap;
use std::time::Duration;

const OF_STREAMS: &str = "select (extract(epoch from p.created_at) * 1000000)::bigint as created_at_micros, p.model_name, \
     p.model_version, coalesce(p.arm, '') as arm, p.role, p.top, p.abstained, p.confidence::double precision as confidence, \
     p.end_samples - p.start_samples as speech_samples, p.queue_micros, p.features_micros, p.inference_micros, \
     p.level_dbfs::double precision, p.snr_db::double precision, p.speech_share::double precision, p.f0_hz::double precision \
     from streams s join lateral (select * from predictions q where q.id >= first_id_of(s.id) and q.id <= last_id_of(s.id) \
     and q.stream_id = s.id and q.is_final offset 0) p on true \
     where s.id >= first_id_at(to_timestamp($8::double precision / 1000000)) \
     and s.id < first_id_at(to_timestamp($9::double precision / 1000000)) \
     and p.created_at >= to_timestamp($1::double precision / 1000000) \
     and p.created_at < to_timestamp($2::double precision / 1000000) \
     and ($3::text[] = '{}' or p.model_name = any ($3)) and ($4::text[] = '{}' or p.model_version = any ($4)) \
     and ($5::text[] = '{}' or coalesce(p.arm, '') = any ($5)) and ($6::text is null or p.role = $6) ";
const OF_JOURNAL: &str = "select p.created_at_micros, p.model_name, p.model_version, coalesce(p.arm, '') as arm, p.role, p.top, \
     p.abstained, p.confidence, p.end_samples - p.start_samples as speech_samples, p.queue_micros, p.features_micros, \
     p.inference_micros, p.level_dbfs, p.snr_db, p.speech_share, p.f0_hz from predictions p where p.is_final and p.created_at_micros >= ?1 and p.created_at_micros < ?2 \
     and (?3 is null or p.tenant = ?3) \
     and (?4 is null or exists (select 1 from streams s where s.id = p.stream_id and s.subject_key = ?4)) \
     and (?5 is null or exists (select 1 from streams s, json_each(s.labels) l where s.id = p.stream_id and l.key = ?5 and l.value = ?6)) \
     order by p.created_at_micros desc limit ?7";

/// Clocks of servers may be apart by so much.
const CLOCKS_APART: Duration = Duration::from_secs(3_600);

/// How far to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Rows at most.
    pub(super) limit: i64,
    pub(super) longest_stream: Duration,
}

/// The statement for answers of a subject, perhaps of one tenant's, of streams with a label, or of all together. Conditions that are not
/// asked for are left out, since a plan that is used again does not know which of them count.
fn statement(query: &AnalyticsQuery) -> String {
    let AnalyticsFilter { tenant, subject, label, .. } = &query.filter;
    let asked = [
        ("s.tenant =", tenant.is_some()),
        ("s.subject_key =", subject.is_some()),
        ("s.labels @>", label.is_some()),
    ];
    let mut statement = OF_STREAMS.to_owned();
    for (place, (condition, _)) in asked.into_iter().filter(|(_, asked)| *asked).enumerate() {
        statement.push_str(&format!("and {condition} ${} ", place + 10));
    }
    statement + "limit $7"
}

pub(super) async fn of_postgres(
    pool: &PgPool,
    query: &AnalyticsQuery,
    reach: Reach,
) -> Result<Vec<AnswerRow>, sqlx::Error> {
    let statement = statement(query);
    bound(sqlx::query_as(sqlx::AssertSqlSafe(statement)), query, reach).fetch_all(pool).await
}

pub(super) async fn plan(pool: &PgPool, query: &AnalyticsQuery, reach: Reach) -> Result<String, sqlx::Error> {
    let statement = sqlx::AssertSqlSafe(format!("explain {}", statement(query)));
    let lines: Vec<(String,)> = bound(sqlx::query_as(statement), query, reach).fetch_all(pool).await?;
    Ok(lines.into_iter().map(|line| line.0 + "\n").collect())
}

fn bound<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    reach: Reach,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let (from, to) = query.span();
    let filter = &query.filter;
    let mut statement = statement
        .bind(from.0)
        .bind(to.0)
        .bind(&filter.models)
        .bind(&filter.versions)
        .bind(&filter.arms)
        .bind(filter.role.map(|role| role.name()))
        .bind(reach.limit)
        .bind(from.0.saturating_sub(micros(reach.longest_stream + CLOCKS_APART)))
        .bind(to.0.saturating_add(micros(CLOCKS_APART)));
    for text in filter.tenant.iter().chain(&filter.subject) {
        statement = statement.bind(text);
    }
    if let Some((key, value)) = &filter.label {
        statement = statement.bind(Json(BTreeMap::from([(key, value)])));
    }
    statement
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

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

/// What Postgres does in its statement.
fn wanted(query: &AnalyticsQuery, row: &AnswerRow) -> bool {
    let filter = &query.filter;
    let within = |list: &[String], value: &String| list.is_empty() || list.contains(value);
    within(&filter.models, &row.model_name)
        && within(&filter.versions, &row.model_version)
        && within(&filter.arms, &row.arm)
        && filter.role.is_none_or(|role| role.name() == row.role)
}
