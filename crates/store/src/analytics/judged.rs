//! Answers that somebody judged.

use super::{AnalyticsFilter, AnalyticsQuery, GroupKey, Grouping};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlitePool};
use std::collections::BTreeMap;

/// The newest feedback since the time began, at most `$3`, with the answers that it is about. The offsets keep the planner from
/// joining whole tables: each answer is looked up by its identifier, others to the same utterance in the range of the
/// stream's. Of several verdicts about an answer the one said last counts,
/// and none that another tenant gave. `{given}` and `{of}` are conditions that only some questions have.
const OF_POSTGRES: &str = "with given as (select tenant, id, prediction_id, stream_id, start_samples, end_samples, label, correct, \
     said_at, received_at from feedback where received_at >= to_timestamp($1::double precision / 1000000) {given} \
     order by received_at desc limit $3), \
     about as (select g.tenant, g.id as said, g.label, g.correct, g.said_at, g.received_at, a.* from given g \
     join lateral (select stream_id, utterance from predictions p where p.id = g.prediction_id offset 0) own on true \
     join lateral (select id, stream_id, tenant as owner, created_at, model_name, model_version, arm, role, top, confidence from predictions p \
     where p.id >= first_id_of(own.stream_id) and p.id <= last_id_of(own.stream_id) and p.stream_id = own.stream_id \
     and p.utterance = own.utterance and p.is_final offset 0) a on a.owner = g.tenant and (g.label is not null or a.id = g.prediction_id) \
     union all select g.tenant, g.id, g.label, g.correct, g.said_at, g.received_at, a.* from given g \
     join lateral (select id, stream_id, tenant as owner, created_at, model_name, model_version, arm, role, top, confidence from predictions p \
     where p.id >= first_id_of(g.stream_id) and p.id <= last_id_of(g.stream_id) and p.stream_id = g.stream_id and p.is_final \
     and 2 * (least(p.end_samples, g.end_samples) - greatest(p.start_samples, g.start_samples)) \
     >= greatest(p.end_samples - p.start_samples, 1) offset 0) a on a.owner = g.tenant where g.stream_id is not null), \
     judged as (select distinct on (id) * from about where created_at >= to_timestamp($1::double precision / 1000000) \
     and created_at < to_timestamp($2::double precision / 1000000) \
     {of} order by id, said_at desc, received_at desc, said desc) \
     select model_name, model_version, coalesce(arm, '') as arm, role, top, confidence::double precision, label, correct \
     from judged order by id";
const OF_JOURNAL: &str = "with given as (select * from feedback where received_at_micros >= ?1 and (?4 is null or tenant = ?4) \
     order by received_at_micros desc limit ?3), \
     about as (select g.tenant, g.id as said, g.label, g.correct, g.said_at_micros, g.received_at_micros, a.id, a.stream_id, \
     a.created_at_micros, a.model_name, a.model_version, a.arm, a.role, a.top, a.confidence from given g \
     join predictions own on own.id = g.prediction_id join predictions a on a.stream_id = own.stream_id \
     and a.utterance = own.utterance and a.is_final and a.tenant = g.tenant and (g.label is not null or a.id = g.prediction_id) \
     union all select g.tenant, g.id, g.label, g.correct, g.said_at_micros, g.received_at_micros, a.id, a.stream_id, \
     a.created_at_micros, a.model_name, a.model_version, a.arm, a.role, a.top, a.confidence from given g \
     join predictions a on a.stream_id = g.stream_id and a.is_final and a.tenant = g.tenant \
     and 2 * (min(a.end_samples, g.end_samples) - max(a.start_samples, g.start_samples)) \
     >= max(a.end_samples - a.start_samples, 1)), \
     judged as (select *, row_number() over (partition by id order by said_at_micros desc, received_at_micros desc, \
     said desc) as place from about where created_at_micros >= ?1 and created_at_micros < ?2 \
     and (?5 is null or exists (select 1 from streams s where s.id = about.stream_id and s.subject_key = ?5)) \
     and (?6 is null or exists (select 1 from streams s, json_each(s.labels) l where s.id = about.stream_id \
     and l.key = ?6 and l.value = ?7))) \
     select model_name, model_version, coalesce(arm, '') as arm, role, top, confidence, label, correct \
     from judged where place = 1 order by id";

/// A final answer that somebody judged.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedRow {
    /// The answer's group.
    pub group: GroupKey,
    /// What was most probable.
    pub top: String,
    /// Its probability.
    pub confidence: f64,
    /// What is right, where it was told or follows.
    pub truth: Option<String>,
    /// Whether the answer is right.
    pub right: bool,
}

#[derive(sqlx::FromRow)]
struct Columns {
    model_name: String,
    model_version: String,
    arm: String,
    role: String,
    top: String,
    confidence: f64,
    label: Option<String>,
    correct: Option<bool>,
}

pub(super) async fn of_postgres(
    pool: &PgPool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<JudgedRow>, sqlx::Error> {
    let statement = AssertSqlSafe(statement(query));
    let rows: Vec<Columns> = bound(sqlx::query_as(statement), query, limit).fetch_all(pool).await?;
    Ok(judged(query, rows))
}

pub(super) async fn of_journal(
    pool: &SqlitePool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<JudgedRow>, sqlx::Error> {
    let ((from, to), filter) = (query.span(), &query.filter);
    let (key, value) = filter.label.as_ref().map(|(key, value)| (key, value)).unzip();
    let asked = sqlx::query_as(OF_JOURNAL).bind(from.0).bind(to.0).bind(limit);
    let asked = asked.bind(&filter.tenant).bind(&filter.subject).bind(key).bind(value);
    let rows: Vec<Columns> = asked.fetch_all(pool).await?;
    Ok(judged(query, rows))
}

pub(super) async fn plan(pool: &PgPool, query: &AnalyticsQuery, limit: i64) -> Result<String, sqlx::Error> {
    let explained = AssertSqlSafe(format!("explain {}", statement(query)));
    let lines: Vec<(String,)> = bound(sqlx::query_as(explained), query, limit).fetch_all(pool).await?;
    Ok(lines.into_iter().map(|line| line.0 + "\n").collect())
}

fn statement(query: &AnalyticsQuery) -> String {
    let AnalyticsFilter { tenant, subject, label, .. } = &query.filter;
    let given = if tenant.is_some() { "and tenant = $4" } else { "" };
    let asked = [("s.subject_key =", subject.is_some()), ("s.labels @>", label.is_some())];
    let mut of = String::new();
    for (place, (condition, _)) in asked.into_iter().filter(|(_, asked)| *asked).enumerate() {
        let number = place + 4 + usize::from(tenant.is_some());
        of.push_str(&format!(
            "and exists (select from streams s where s.id = about.stream_id and {condition} ${number}) "
        ));
    }
    OF_POSTGRES.replace("{given}", given).replace("{of}", &of)
}

fn bound<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    limit: i64,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let ((from, to), filter) = (query.span(), &query.filter);
    let mut statement = statement.bind(from.0).bind(to.0).bind(limit);
    for text in filter.tenant.iter().chain(&filter.subject) {
        statement = statement.bind(text);
    }
    if let Some((key, value)) = &filter.label {
        statement = statement.bind(Json(BTreeMap::from([(key, value)])));
    }
    statement
}

fn judged(query: &AnalyticsQuery, rows: Vec<Columns>) -> Vec<JudgedRow> {
    let filter = &query.filter;
    let within = |list: &[String], value: &String| list.is_empty() || list.contains(value);
    let wanted = |row: &Columns| {
        within(&filter.models, &row.model_name)
            && within(&filter.versions, &row.model_version)
            && within(&filter.arms, &row.arm)
            && filter.role.is_none_or(|role| role.name() == row.role)
    };
    let Grouping { model, version, arm, role } = query.grouping;
    let row = |row: Columns| {
        let right = row.correct.unwrap_or_else(|| row.label.as_ref() == Some(&row.top));
        JudgedRow {
            group: GroupKey {
                model_name: model.then_some(row.model_name),
                model_version: version.then_some(row.model_version),
                arm: arm.then_some(row.arm),
                role: role.then_some(row.role),
            },
            truth: row.label.or_else(|| right.then(|| row.top.clone())),
            top: row.top,
            confidence: row.confidence,
            right,
        }
    };
    rows.into_iter().filter(wanted).map(row).collect()
}
