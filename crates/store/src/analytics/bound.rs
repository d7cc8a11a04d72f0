//! Parameters that questions to Postgres have in common, whatever they read.

use super::AnalyticsQuery;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

/// Binds what answers are told apart by as `$4` to `$7`, which of them count as `$8` to `$11`, and as `$12` how many rows there
/// may be; the parameters before are the statement's own.
pub(super) fn filtered<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    limit: i64,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let (filter, grouping) = (&query.filter, query.grouping);
    statement
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
