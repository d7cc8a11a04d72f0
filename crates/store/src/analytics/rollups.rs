//! From the rollups of Postgres, by their primary keys.

use super::bound::{Columns, conditions, filtered, grouped};
use super::{AnalyticsQuery, BinRow, Measure, TopRow};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, PgPool, Postgres};

const TOPS: &str = "select (extract(epoch from bucket) * 1000000)::bigint as bucket_micros, {grouped}, top, \
     sum(answers)::bigint as answers, sum(abstained)::bigint as abstained, \
     sum(confidence_micros)::bigint as confidence_micros, sum(speech_samples)::bigint as speech_samples from rollups \
     where level = $1 and {buckets}{named} group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit $4";
const BINS: &str = "select (extract(epoch from bucket) * 1000000)::bigint as bucket_micros, {grouped}, measure, bin, \
     sum(answers)::bigint as answers from rollup_bins where level = $1 and measure = any ($5) and {buckets}{named} \
     group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7 limit $4";
const COLUMNS: Columns = ["model_name", "model_version", "arm", "role"];

/// In place of `{buckets}`: one range of the keys.
const OF_ALL: &str =
    "bucket >= to_timestamp($2::bigint / 1000000) and bucket < to_timestamp($3::bigint / 1000000)";
/// One range of the keys for each bucket, since the tenant stands behind it: what other tenants said in these buckets is passed
/// over however many there are.
const OF_TENANT: &str = "bucket = any (array(select to_timestamp(at) from generate_series($2::bigint / 1000000, \
     $3::bigint / 1000000 - 1, case $1 when 'minute' then 60 when 'hour' then 3600 else 86400 end) as at)) and tenant = ";

pub(super) async fn tops(
    pool: &PgPool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<TopRow>, sqlx::Error> {
    let statement = AssertSqlSafe(of_tops(query));
    named(bound(sqlx::query_as(statement), query, limit), query).fetch_all(pool).await
}

pub(super) async fn bins(
    pool: &PgPool,
    query: &AnalyticsQuery,
    measures: &[Measure],
    limit: i64,
) -> Result<Vec<BinRow>, sqlx::Error> {
    let statement = AssertSqlSafe(of_bins(query));
    let asked = bound(sqlx::query_as(statement), query, limit).bind(names(measures));
    named(asked, query).fetch_all(pool).await
}

pub(super) async fn plans(
    pool: &PgPool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<[String; 2], sqlx::Error> {
    let explained = |statement| sqlx::query_as(AssertSqlSafe(format!("explain {statement}")));
    let tops = named(bound(explained(of_tops(query)), query, limit), query);
    let tops: Vec<(String,)> = tops.fetch_all(pool).await?;
    let bins = bound(explained(of_bins(query)), query, limit).bind(names(&Measure::ALL));
    let bins: Vec<(String,)> = named(bins, query).fetch_all(pool).await?;
    Ok([tops, bins].map(|lines| lines.into_iter().map(|line| line.0 + "\n").collect()))
}

fn names(measures: &[Measure]) -> Vec<&'static str> {
    measures.iter().map(|measure| measure.name()).collect()
}

fn of_tops(query: &AnalyticsQuery) -> String {
    statement(TOPS, query, 5)
}

fn of_bins(query: &AnalyticsQuery) -> String {
    statement(BINS, query, 6)
}

/// `form` with what is asked for, bound from parameter `first` on; the tenant, where there is one, comes last.
fn statement(form: &str, query: &AnalyticsQuery, first: usize) -> String {
    let (named, next) = conditions(query, COLUMNS, first);
    let buckets = match query.filter.tenant {
        Some(_) => format!("{OF_TENANT}${next}"),
        None => OF_ALL.to_owned(),
    };
    form.replace("{grouped}", &grouped(query, COLUMNS))
        .replace("{buckets}", &buckets)
        .replace("{named}", &named)
}

/// Binds what [`statement`] numbers, behind what the form has of its own.
fn named<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let statement = filtered(statement, query);
    match &query.filter.tenant {
        Some(tenant) => statement.bind(tenant),
        None => statement,
    }
}

fn bound<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    limit: i64,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let (from, to) = query.span();
    statement.bind(query.step.name()).bind(from.0).bind(to.0).bind(limit)
}
