//! From the rollups of Postgres, by their primary keys.

use super::{AnalyticsQuery, BinRow, Measure, TopRow};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, PgExecutor, PgPool, Postgres};

const TOPS: &str = "select (extract(epoch from bucket) * 1000000)::bigint as bucket_micros, \
     case when $4 then model_name end as model_name, case when $5 then model_version end as model_version, \
     case when $6 then arm end as arm, case when $7 then role end as role, top, sum(answers)::bigint as answers, \
     sum(abstained)::bigint as abstained, sum(confidence_micros)::bigint as confidence_micros, \
     sum(speech_samples)::bigint as speech_samples from rollups \
     where level = $1 and bucket >= to_timestamp($2::double precision / 1000000) \
     and bucket < to_timestamp($3::double precision / 1000000) \
     and ($8::text[] = '{}' or model_name = any ($8)) and ($9::text[] = '{}' or model_version = any ($9)) \
     and ($10::text[] = '{}' or arm = any ($10)) and ($11::text is null or role = $11) \
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit $12";
const BINS: &str = "select (extract(epoch from bucket) * 1000000)::bigint as bucket_micros, \
     case when $4 then model_name end as model_name, case when $5 then model_version end as model_version, \
     case when $6 then arm end as arm, case when $7 then role end as role, bin, sum(answers)::bigint as answers \
     from rollup_bins where level = $1 and bucket >= to_timestamp($2::double precision / 1000000) \
     and bucket < to_timestamp($3::double precision / 1000000) \
     and ($8::text[] = '{}' or model_name = any ($8)) and ($9::text[] = '{}' or model_version = any ($9)) \
     and ($10::text[] = '{}' or arm = any ($10)) and ($11::text is null or role = $11) and measure = $13 \
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit $12";

pub(super) async fn tops(
    database: impl PgExecutor<'_>,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<Vec<TopRow>, sqlx::Error> {
    bound(sqlx::query_as(TOPS), query, limit).fetch_all(database).await
}

pub(super) async fn bins(
    database: impl PgExecutor<'_>,
    query: &AnalyticsQuery,
    measure: Measure,
    limit: i64,
) -> Result<Vec<BinRow>, sqlx::Error> {
    bound(sqlx::query_as(BINS), query, limit).bind(measure.name()).fetch_all(database).await
}

pub(super) async fn plans(
    pool: &PgPool,
    query: &AnalyticsQuery,
    limit: i64,
) -> Result<[String; 2], sqlx::Error> {
    let tops: Vec<(String,)> =
        bound(sqlx::query_as(AssertSqlSafe(format!("explain {TOPS}"))), query, limit).fetch_all(pool).await?;
    let bins = bound(sqlx::query_as(AssertSqlSafe(format!("explain {BINS}"))), query, limit);
    let bins: Vec<(String,)> = bins.bind(Measure::Confidence.name()).fetch_all(pool).await?;
    Ok([tops, bins].map(|lines| lines.into_iter().map(|line| line.0 + "\n").collect()))
}

fn bound<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    limit: i64,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let (from, to) = query.span();
    let (filter, grouping) = (&query.filter, query.grouping);
    statement
        .bind(query.step.name())
        .bind(from.0)
        .bind(to.0)
        .bind(grouping.model)
        .bind(grouping.version)
        .bind(grouping.arm)
        .bind(grouping.role)
        .bind(&filter.models)
        .bind(&filter.versions)
        .bind(&filter.arms)
        .bind(filter.role.map(|role| role.name()))
        .bind(limit)
}
