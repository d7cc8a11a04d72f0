//! How often two models say the same about the same utterance.

use super::AnalyticsQuery;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use std::collections::BTreeMap;

/// Of the newest answers of models that listened along, at most `$3`, with all others about the same utterance. The answers of
/// each stream are looked up once, in the range of its identifiers.
const OF_POSTGRES: &str = "with shadows as materialized (select id, stream_id, utterance, model_name, model_version, top \
     from predictions where is_final and role = 'shadow' and created_at >= to_timestamp($1::double precision / 1000000) \
     and created_at < to_timestamp($2::double precision / 1000000) {tenant} order by created_at desc, id desc limit $3), \
     others as materialized (select o.* from (select distinct stream_id from shadows) as t \
     join lateral (select id, stream_id, utterance, role, model_name, model_version, top from predictions p \
     where p.id >= first_id_of(t.stream_id) and p.id <= last_id_of(t.stream_id) and p.stream_id = t.stream_id \
     and p.is_final offset 0) as o on true) \
     select s.model_name as left_name, s.model_version as left_version, o.model_name as right_name, \
     o.model_version as right_version, s.top as left_top, o.top as right_top, count(*) as utterances \
     from shadows s join others o on o.stream_id = s.stream_id and o.utterance = s.utterance \
     and (o.role = 'live' or o.id > s.id) and (s.model_name, s.model_version) <> (o.model_name, o.model_version) \
     group by 1, 2, 3, 4, 5, 6";
const OF_JOURNAL: &str = "select s.model_name as left_name, s.model_version as left_version, \
     o.model_name as right_name, o.model_version as right_version, s.top as left_top, o.top as right_top, \
     count(*) as utterances from (select id, stream_id, utterance, model_name, model_version, top from predictions \
     where is_final and role = 'shadow' and created_at_micros >= ?1 and created_at_micros < ?2 \
     and (?3 is null or tenant = ?3) \
     order by created_at_micros desc, id desc limit ?4) as s \
     join predictions o on o.stream_id = s.stream_id and o.utterance = s.utterance and o.is_final \
     and (o.role = 'live' or o.id > s.id) \
     and (s.model_name, s.model_version) <> (o.model_name, o.model_version) group by 1, 2, 3, 4, 5, 6";

/// In place of `{tenant}`.
const OF_TENANT: &str = "and tenant = $4";

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
    let rows = match &query.filter.tenant {
        Some(tenant) => asked.bind(tenant).fetch_all(pool).await,
        None => asked.fetch_all(pool).await,
    };
    rows.map(in_order)
}

pub(super) async fn of_journal(
    pool: &SqlitePool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<AgreementRow>, sqlx::Error> {
    let asked = sqlx::query_as(OF_JOURNAL).bind(query.from.0).bind(query.to.0);
    asked.bind(&query.filter.tenant).bind(limit).fetch_all(pool).await.map(in_order)
}

/// The left model first by name and version; which of the two listened along does not matter.
fn in_order(rows: Vec<AgreementRow>) -> Vec<AgreementRow> {
    let mut cells: BTreeMap<[String; 6], i64> = BTreeMap::new();
    for row in rows {
        let left = (row.left_name, row.left_version, row.left_top);
        let right = (row.right_name, row.right_version, row.right_top);
        let (left, right) =
            if (&left.0, &left.1) < (&right.0, &right.1) { (left, right) } else { (right, left) };
        *cells.entry([left.0, left.1, right.0, right.1, left.2, right.2]).or_default() += row.utterances;
    }
    let row = |([left_name, left_version, right_name, right_version, left_top, right_top], utterances): (
        [String; 6],
        i64,
    )| {
        AgreementRow { left_name, left_version, right_name, right_version, left_top, right_top, utterances }
    };
    cells.into_iter().map(row).collect()
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
