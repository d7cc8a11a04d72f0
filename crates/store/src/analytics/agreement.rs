//! How often two models say the same about the same utterance.

use super::AnalyticsQuery;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// Of the newest answers in the time, at most `$3`, those that another model answered too. The offset keeps the planner from
/// joining whole tables: each answer is looked up by its stream.
const OF_POSTGRES: &str = "select a.model_name as left_name, a.model_version as left_version, \
     b.model_name as right_name, b.model_version as right_version, a.top as left_top, b.top as right_top, \
     count(*) as utterances from (select stream_id, utterance, model_name, model_version, top from predictions \
     where is_final and created_at >= to_timestamp($1::double precision / 1000000) \
     and created_at < to_timestamp($2::double precision / 1000000) {tenant} order by created_at desc, id desc limit $3) as a \
     join lateral (select model_name, model_version, top from predictions p where p.stream_id = a.stream_id \
     and p.utterance = a.utterance and p.is_final offset 0) as b \
     on (a.model_name, a.model_version) < (b.model_name, b.model_version) group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6";
const OF_JOURNAL: &str = "select a.model_name as left_name, a.model_version as left_version, \
     b.model_name as right_name, b.model_version as right_version, a.top as left_top, b.top as right_top, \
     count(*) as utterances from (select stream_id, utterance, model_name, model_version, top from predictions \
     where is_final and created_at_micros >= ?1 and created_at_micros < ?2 \
     and (?3 is null or exists (select 1 from streams s where s.id = stream_id and s.tenant = ?3)) \
     order by created_at_micros desc, id desc limit ?4) as a \
     join predictions b on b.stream_id = a.stream_id and b.utterance = a.utterance and b.is_final \
     and (a.model_name, a.model_version) < (b.model_name, b.model_version) \
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6";

/// In place of `{tenant}`.
const OF_TENANT: &str = "and exists (select from streams s where s.id = stream_id and s.tenant = $4)";

/// Utterances about which two models, the left one first by name and version, said what stands here.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AgreementRow {
    /// Name of one model.
    pub left_name: String,
    /// Its version.
    pub left_version: String,
    /// Name of the other.
    pub right_name: String,
    /// Its version.
    pub right_version: String,
    /// What the one found most probable.
    pub left_top: String,
    /// What the other found most probable.
    pub right_top: String,
    /// How many utterances.
    pub utterances: i64,
}

pub(super) async fn of_postgres(
    pool: &PgPool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<AgreementRow>, sqlx::Error> {
    let statement = AssertSqlSafe(statement(query));
    let asked = sqlx::query_as(statement).bind(query.from.0).bind(query.to.0).bind(limit);
    match &query.filter.tenant {
        Some(tenant) => asked.bind(tenant).fetch_all(pool).await,
        None => asked.fetch_all(pool).await,
    }
}

pub(super) async fn of_journal(
    pool: &SqlitePool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<AgreementRow>, sqlx::Error> {
    let asked = sqlx::query_as(OF_JOURNAL).bind(query.from.0).bind(query.to.0);
    asked.bind(&query.filter.tenant).bind(limit).fetch_all(pool).await
}

pub(super) async fn plan(pool: &PgPool, query: &AnalyticsQuery, limit: i64) -> Result<String, sqlx::Error> {
    let explained = AssertSqlSafe(format!("explain {}", statement(query)));
    let asked = sqlx::query_as(explained).bind(query.from.0).bind(query.to.0).bind(limit);
    let lines: Vec<(String,)> = match &query.filter.tenant {
        Some(tenant) => asked.bind(tenant).fetch_all(pool).await?,
        None => asked.fetch_all(pool).await?,
    };
    Ok(lines.into_iter().map(|line| line.0 + "\n").collect())
}

fn statement(query: &AnalyticsQuery) -> String {
    OF_POSTGRES.replace("{tenant}", if query.filter.tenant.is_some() { OF_TENANT } else { "" })
}
