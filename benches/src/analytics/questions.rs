//! What is asked of `undertone.v1.Analytics`, over gRPC, and of the store for one tenant.

use super::measured::Measured;
use anyhow::Result;
use prost_types::Timestamp;
use std::time::Instant;
use undertone_client::{Client, ClientError, v1};
use undertone_core::{Role, UnixMicros};
use undertone_store::{
    Analytics, AnalyticsFilter, AnalyticsLimits, AnalyticsQuery, Grouping, Measure, PostgresUrl, Step,
};
use undertone_tests::{HISTORY_LABEL, History, Planned};

const HOUR: i64 = 3_600_000_000;
/// Length and step of what is asked for.
const SPANS: [(&str, i64, Step); 3] = [
    ("an hour", HOUR, Step::Minute),
    ("a day", 24 * HOUR, Step::Hour),
    ("a month", 30 * 24 * HOUR, Step::Day),
];
const GROUPING: Grouping = Grouping { model: true, version: true, arm: false, role: true };
/// The parts of an answer's time.
const PARTS: [Measure; 3] = [Measure::Queue, Measure::Features, Measure::Inference];

/// The questions, and whom they are put to.
pub(super) struct Questions {
    server: Client,
    store: Analytics,
    until: UnixMicros,
}

impl Questions {
    /// To a server over `url`, which keeps subject keys as they are.
    pub(super) fn of(server: Client, url: &PostgresUrl, until: UnixMicros) -> Self {
        Self { server, store: Analytics::of_postgres(url, AnalyticsLimits::default()), until }
    }

    /// Puts every question once. Every round is about another time.
    pub(super) async fn ask(&self, round: u32, measured: &mut Measured) -> Result<()> {
        for (name, query) in self.queries(round) {
            if query.filter.tenant.is_some() {
                self.ask_store(&name, &query, measured).await?;
            } else {
                self.ask_server(&name, &query, measured).await?;
            }
        }
        for (span, query) in self.spans(round) {
            let range = Some(range(&query));
            let agreement = v1::QueryAgreementRequest { range };
            timed(measured, format!("agreement over {span}"), self.server.query_agreement(agreement)).await?;
        }
        Ok(())
    }

    async fn ask_server(&self, name: &str, query: &AnalyticsQuery, measured: &mut Measured) -> Result<()> {
        let (range, filter, group_by) = (Some(range(query)), Some(filter(query)), groups());
        let server = &self.server;

        let asked = v1::QueryEmotionsRequest { range, filter: filter.clone(), group_by: group_by.clone() };
        timed(measured, format!("emotions {name}"), server.query_emotions(asked)).await?;

        let asked = v1::QueryConfidenceRequest { range, filter: filter.clone(), group_by: group_by.clone() };
        timed(measured, format!("confidence {name}"), server.query_confidence(asked)).await?;

        let asked = v1::QueryLatencyRequest { range, filter: filter.clone(), group_by: group_by.clone() };
        timed(measured, format!("latency {name}"), server.query_latency(asked)).await?;

        let reference = Some(self::range(&before(query)));
        let asked =
            v1::QueryDriftRequest { range, reference, filter: filter.clone(), group_by: group_by.clone() };
        timed(measured, format!("drift {name}"), server.query_drift(asked)).await?;

        let asked = v1::QueryTrainingDriftRequest { range, filter: filter.clone() };
        timed(measured, format!("training drift {name}"), server.query_training_drift(asked)).await?;

        let asked = v1::QueryJudgementsRequest { range, filter, group_by };
        timed(measured, format!("judgements {name}"), server.query_judgements(asked)).await
    }

    /// Only a key of the tenant's makes a server ask so.
    async fn ask_store(&self, name: &str, query: &AnalyticsQuery, measured: &mut Measured) -> Result<()> {
        let begun = Instant::now();
        self.store.tops(query).await?;
        measured.add(&format!("emotions {name}"), begun.elapsed());
        let begun = Instant::now();
        self.store.bins(query, &PARTS).await?;
        measured.add(&format!("latency {name}"), begun.elapsed());
        Ok(())
    }

    /// The questions whose plans read tables of answers from end to end.
    pub(super) async fn scans(&self, planned: &mut Planned) -> Result<Vec<String>> {
        let mut scans = Vec::new();
        for (name, query) in self.queries(0) {
            for plan in self.store.plans(&query).await? {
                if !planned.read_whole(&plan).await?.is_empty() {
                    scans.push(format!("{name}\n{plan}"));
                }
            }
        }
        Ok(scans)
    }

    fn queries(&self, round: u32) -> Vec<(String, AnalyticsQuery)> {
        let (key, value) = HISTORY_LABEL;
        let filters = [
            ("of all", AnalyticsFilter::default()),
            ("of a model", AnalyticsFilter { models: vec!["cnn".into()], ..AnalyticsFilter::default() }),
            ("of shadows", AnalyticsFilter { role: Some(Role::Shadow), ..AnalyticsFilter::default() }),
            (
                "of a subject",
                AnalyticsFilter { subject: Some(History::subject()), ..AnalyticsFilter::default() },
            ),
            (
                "of a label",
                AnalyticsFilter {
                    label: Some((key.to_owned(), value.to_owned())),
                    ..AnalyticsFilter::default()
                },
            ),
            ("of a tenant", AnalyticsFilter { tenant: Some("acme".into()), ..AnalyticsFilter::default() }),
        ];
        let mut queries = Vec::new();
        for (span, query) in self.spans(round) {
            for (of, filter) in &filters {
                let query = AnalyticsQuery { filter: filter.clone(), ..query.clone() };
                queries.push((format!("{of} over {span}"), query));
            }
        }
        queries
    }

    fn spans(&self, round: u32) -> impl Iterator<Item = (&'static str, AnalyticsQuery)> {
        let until = self.until;
        SPANS.into_iter().map(move |(span, length, step)| {
            // A whole month is all that there is.
            let back = if length > 24 * HOUR { 0 } else { i64::from(round) * 31 * HOUR };
            let to = UnixMicros(until.0 - back);
            let from = UnixMicros(to.0 - length);
            (span, AnalyticsQuery { from, to, step, filter: AnalyticsFilter::default(), grouping: GROUPING })
        })
    }
}

/// Waits for an answer. That it would be larger than an answer may be is kept as well.
async fn timed<T>(
    measured: &mut Measured,
    question: String,
    answer: impl Future<Output = Result<T, ClientError>>,
) -> Result<()> {
    let begun = Instant::now();
    match answer.await {
        Ok(_) => measured.add(&question, begun.elapsed()),
        Err(ClientError::Server(refusal)) if !refusal.violations().is_empty() => measured.refuse(&question),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// As long a time, up to the beginning of this one.
fn before(query: &AnalyticsQuery) -> AnalyticsQuery {
    let from = UnixMicros(query.from.0 - (query.to.0 - query.from.0));
    AnalyticsQuery { from, to: query.from, ..query.clone() }
}

fn range(query: &AnalyticsQuery) -> v1::AnalyticsRange {
    let at = |UnixMicros(micros): UnixMicros| Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: (micros.rem_euclid(1_000_000) * 1_000) as i32,
    };
    let step = match query.step {
        Step::Minute => v1::Step::Minute,
        Step::Hour => v1::Step::Hour,
        Step::Day => v1::Step::Day,
    };
    v1::AnalyticsRange { start: Some(at(query.from)), end: Some(at(query.to)), step: step.into() }
}

fn filter(query: &AnalyticsQuery) -> v1::AnalyticsFilter {
    let AnalyticsFilter { models, role, subject, label, .. } = &query.filter;
    let (label_key, label_value) = label.clone().unwrap_or_default();
    let role = match role {
        Some(Role::Shadow) => v1::AnswerRole::Shadow,
        Some(_) => v1::AnswerRole::Live,
        None => v1::AnswerRole::Unspecified,
    };
    v1::AnalyticsFilter {
        models: models.clone(),
        role: role.into(),
        subject_key: subject.clone().unwrap_or_default(),
        label_key,
        label_value,
        ..v1::AnalyticsFilter::default()
    }
}

/// [`GROUPING`] on the wire.
fn groups() -> Vec<i32> {
    [v1::GroupBy::Model, v1::GroupBy::Version, v1::GroupBy::Role].map(i32::from).to_vec()
}
