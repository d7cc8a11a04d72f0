//! From the answers of a subject's streams, or of those with a label, counted by Postgres; rollups know neither. Found through
//! the indexes by subject, label, stream and time.

use super::bound::{Columns, conditions, filtered, grouped};
use super::{AnalyticsFilter, AnalyticsQuery, BinRow, Measure, TopRow};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgPool, Postgres};
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_core::InputMeasure;

const TOPS: &str = "select {told}, top, answers, abstained, confidence_micros, speech_samples from (select {counted}, p.top, \
     count(*) as answers, count(*) filter (where p.abstained) as abstained, \
     sum(round(p.confidence * 1000000)::bigint)::bigint as confidence_micros, \
     sum(p.end_samples - p.start_samples)::bigint as speech_samples \
     from {answers} group by 1, 2, 3, 4, 5, 6) c order by 1, 2, 3, 4, 5, 6 limit $6";
const BINS: &str = "select {told}, measure, bin, answers from (select bucket, model_name, model_version, arm, role, measure, bin, \
     count(*) as answers from (select {counted}, {figures} from {answers}) f \
     where bin is not null group by 1, 2, 3, 4, 5, 6, 7) c order by 1, 2, 3, 4, 5, 6, 7 limit $6";
const BUCKET: &str =
    "date_bin(make_interval(secs => $3), p.created_at, timestamptz '1970-01-01 00:00:00+00') as bucket";
const COLUMNS: Columns = ["p.model_name", "p.model_version", "coalesce(p.arm, '')", "p.role"];
/// Outside, so that a bucket becomes a number once and not for each of its answers.
const TOLD: &str =
    "(extract(epoch from bucket) * 1000000)::bigint as bucket_micros, model_name, model_version, arm, role";

/// Stream by stream, each in the range of its identifiers. Streams that began in the same millisecond may share it; "is true" keeps
/// the index by stream out of the plan, which would be read beside that of identifiers for the same few rows.
const ANSWERS: &str = "streams s join lateral (select * from predictions q where q.id >= first_id_of(s.id) and q.id <= last_id_of(s.id) \
     and (q.stream_id = s.id) is true and q.is_final offset 0) p on true \
     where s.id >= first_id_at(to_timestamp($4::double precision / 1000000)) \
     and s.id < first_id_at(to_timestamp($5::double precision / 1000000)) \
     and p.created_at >= to_timestamp($1::double precision / 1000000) \
     and p.created_at < to_timestamp($2::double precision / 1000000)";

/// Clocks of servers may be apart by so much.
const CLOCKS_APART: Duration = Duration::from_secs(3_600);

/// How far to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Rows of the answer at most.
    pub(super) limit: i64,
    pub(super) longest_stream: Duration,
}

pub(super) async fn tops(
    pool: &PgPool,
    query: &AnalyticsQuery,
    reach: Reach,
) -> Result<Vec<TopRow>, sqlx::Error> {
    bound(sqlx::query_as(AssertSqlSafe(statement(TOPS, query))), query, reach).fetch_all(pool).await
}

pub(super) async fn bins(
    pool: &PgPool,
    query: &AnalyticsQuery,
    measures: &[Measure],
    reach: Reach,
) -> Result<Vec<BinRow>, sqlx::Error> {
    bound(sqlx::query_as(AssertSqlSafe(of_bins(query, measures))), query, reach).fetch_all(pool).await
}

pub(super) async fn plans(
    pool: &PgPool,
    query: &AnalyticsQuery,
    reach: Reach,
) -> Result<Vec<String>, sqlx::Error> {
    let mut plans = Vec::new();
    for statement in [statement(TOPS, query), of_bins(query, &Measure::ALL)] {
        let explained = sqlx::query_as(AssertSqlSafe(format!("explain {statement}")));
        let lines: Vec<(String,)> = bound(explained, query, reach).fetch_all(pool).await?;
        plans.push(lines.into_iter().map(|line| line.0 + "\n").collect());
    }
    Ok(plans)
}

/// Reads every answer once, however many of its figures are asked for, and tells them one below the other. By unnesting: a
/// lateral list of values is prepared anew for each answer, which takes five times as long.
fn of_bins(query: &AnalyticsQuery, measures: &[Measure]) -> String {
    let of_each =
        |text: fn(Measure) -> &'static str| measures.iter().map(|&measure| text(measure)).collect::<Vec<_>>();
    let (names, bins) = (of_each(Measure::name).join("', '"), of_each(bin).join(", "));
    let figures = format!("unnest(array['{names}']) as measure, unnest(array[{bins}]) as bin");
    statement(BINS, query).replace("{figures}", &figures)
}

/// The bin of an answer, by the functions of the migrations.
const fn bin(measure: Measure) -> &'static str {
    match measure {
        Measure::Confidence => "bin_of_confidence(p.confidence)",
        Measure::Queue => "bin_of_micros(p.queue_micros)",
        Measure::Features => "bin_of_micros(p.features_micros)",
        Measure::Inference => "bin_of_micros(p.inference_micros)",
        Measure::Heard(InputMeasure::Level) => "bin_of_level(p.level_dbfs)",
        Measure::Heard(InputMeasure::Snr) => "bin_of_snr(p.snr_db)",
        Measure::Heard(InputMeasure::Speech) => "bin_of_share(p.speech_share)",
        Measure::Heard(InputMeasure::F0) => "bin_of_f0(p.f0_hz)",
    }
}

/// `form` with what is asked for, and no conditions beside.
fn statement(form: &str, query: &AnalyticsQuery) -> String {
    let AnalyticsFilter { tenant, subject, label, .. } = &query.filter;
    let asked = [
        ("s.tenant =", tenant.is_some()),
        ("s.subject_key =", subject.is_some()),
        ("s.labels @>", label.is_some()),
    ];
    let (named, next) = conditions(query, COLUMNS, 7);
    let mut answers = format!("{ANSWERS}{named}");
    for (place, (condition, _)) in asked.into_iter().filter(|(_, asked)| *asked).enumerate() {
        answers.push_str(&format!(" and {condition} ${}", place + next));
    }
    let counted = format!("{BUCKET}, {}", grouped(query, COLUMNS));
    form.replace("{told}", TOLD).replace("{counted}", &counted).replace("{answers}", &answers)
}

fn bound<'q, Row>(
    statement: QueryAs<'q, Postgres, Row, PgArguments>,
    query: &'q AnalyticsQuery,
    reach: Reach,
) -> QueryAs<'q, Postgres, Row, PgArguments> {
    let (from, to) = query.span();
    let filter = &query.filter;
    let statement = statement.bind(from.0).bind(to.0).bind((query.step.micros() / 1_000_000) as f64);
    let statement = statement
        .bind(from.0.saturating_sub(micros(reach.longest_stream + CLOCKS_APART)))
        .bind(to.0.saturating_add(micros(CLOCKS_APART)));
    let mut statement = filtered(statement.bind(reach.limit), query);
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
