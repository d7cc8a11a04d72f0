//! What questions to Postgres have in common, whatever they read. What was not asked for is left out of a statement: each answer
//! that it counts would pay for it.

use super::{AnalyticsFilter, AnalyticsQuery};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

/// Where a statement finds a model's name and version, an arm and a role.
pub(super) type Columns = [&'static str; 4];

const GROUPS: Columns = ["model_name", "model_version", "arm", "role"];

/// The four columns of a group, under their own names; those that answers are not told apart by are null.
pub(super) fn grouped(query: &AnalyticsQuery, columns: Columns) -> String {
    let grouping = query.grouping;
    let asked = [grouping.model, grouping.version, grouping.arm, grouping.role];
    let told = GROUPS.into_iter().zip(columns).zip(asked);
    let told = told.map(|((name, column), asked)| match asked {
        true => format!("{column} as {name}"),
        false => format!("null::text as {name}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Which answers count, as conditions behind others, with parameters from `first` on; and the number of the next parameter.
pub(super) fn conditions(query: &AnalyticsQuery, columns: Columns, first: usize) -> (String, usize) {
    let AnalyticsFilter { models, versions, arms, role, .. } = &query.filter;
    let asked = [!models.is_empty(), !versions.is_empty(), !arms.is_empty(), role.is_some()];
    let (mut text, mut number) = (String::new(), first);
    for (place, column) in columns.into_iter().enumerate().filter(|(place, _)| asked[*place]) {
        let condition = if place == 3 { format!("= ${number}") } else { format!("= any (${number})") };
        text.push_str(&format!(" and {column} {condition}"));
        number += 1;
    }
    (text, number)
}

/// Binds what [`conditions`] speaks of.
pub(super) fn filtered<'q, Row>(
    mut statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let AnalyticsFilter { models, versions, arms, role, .. } = &query.filter;
    for names in [models, versions, arms].into_iter().filter(|names| !names.is_empty()) {
        statement = statement.bind(names);
    }
    match role {
        Some(role) => statement.bind(role.name()),
        None => statement,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Grouping, Step};
    use super::*;
    use undertone_core::{Role, UnixMicros};

    const COLUMNS: Columns = ["m", "v", "coalesce(a, '')", "r"];

    fn query(filter: AnalyticsFilter, grouping: Grouping) -> AnalyticsQuery {
        AnalyticsQuery { from: UnixMicros(0), to: UnixMicros(1), step: Step::Day, filter, grouping }
    }

    #[test]
    fn what_was_not_asked_for_is_not_in_the_statement() {
        let plain = query(AnalyticsFilter::default(), Grouping::default());
        assert_eq!(conditions(&plain, COLUMNS, 4), (String::new(), 4));
        assert!(!grouped(&plain, COLUMNS).contains("coalesce"), "{}", grouped(&plain, COLUMNS));
    }

    #[test]
    fn parameters_are_numbered_in_the_order_in_which_they_are_bound() {
        let filter = AnalyticsFilter {
            models: vec!["cnn".to_owned()],
            arms: vec![String::new()],
            role: Some(Role::Shadow),
            ..AnalyticsFilter::default()
        };
        let asked = query(filter, Grouping { model: true, ..Grouping::default() });
        let (text, next) = conditions(&asked, COLUMNS, 4);
        assert_eq!(text, " and m = any ($4) and coalesce(a, '') = any ($5) and r = $6");
        assert_eq!(next, 7);
        assert!(grouped(&asked, COLUMNS).starts_with("m as model_name, null::text as model_version"));
    }
}
