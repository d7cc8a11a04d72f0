//! What `undertone.v1.Analytics` asks the store.

use super::measured::Measured;
use anyhow::Result;
use std::time::Instant;
use undertone_core::{InputMeasure, Role, UnixMicros};
use undertone_store::{
    Analytics, AnalyticsFilter, AnalyticsLimits, AnalyticsQuery, Grouping, Measure, PostgresUrl, Step,
    StoreError,
};
use undertone_tests::{HISTORY_LABEL, History, Planned};

const HOUR: i64 = 3_600_000_000;
/// Length and step of what is asked for.
const SPANS: [(&str, i64, Step); 3] = [
    ("an hour", HOUR, Step::Minute),
    ("a day", 24 * HOUR, Step::Hour),
    ("a month", 30 * 24 * HOUR, Step::Day),
];

/// The questions, and whom they are put to.
pub(super) struct Questions {
    analytics: Analytics,
    until: UnixMicros,
}

impl Questions {
    pub(super) fn of(url: &PostgresUrl, until: UnixMicros) -> Self {
        Self { analytics: Analytics::of_postgres(url, AnalyticsLimits::default()), until }
    }

    /// Puts every question once. Every round is about another time.
    pub(super) async fn ask(&self, round: u32, measured: &mut Measured) -> Result<()> {
        for (name, query) in self.queries(round) {
            let begun = Instant::now();
            if let Err(StoreError::TooMuch { .. }) = self.analytics.tops(&query).await {
                measured.refuse(&format!("emotions {name}"));
                continue;
            }
            measured.add(&format!("emotions {name}"), begun.elapsed());
            for measure in [Measure::Confidence, Measure::Inference, Measure::Heard(InputMeasure::Level)] {
                let begun = Instant::now();
                self.analytics.bins(&query, measure).await?;
                measured.add(&format!("{} {name}", measure.name()), begun.elapsed());
            }
        }
        for (span, query) in self.spans(round) {
            let begun = Instant::now();
            self.analytics.agreement(&query).await?;
            measured.add(&format!("agreement over {span}"), begun.elapsed());
            let begun = Instant::now();
            self.analytics.judged(&query).await?;
            measured.add(&format!("judgements over {span}"), begun.elapsed());
        }
        Ok(())
    }

    /// The questions whose plans read tables of answers from end to end.
    pub(super) async fn scans(&self, planned: &mut Planned) -> Result<Vec<String>> {
        let mut scans = Vec::new();
        for (name, query) in self.queries(0) {
            for plan in self.analytics.plans(&query).await? {
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
            let grouping = Grouping { model: true, version: true, arm: false, role: true };
            let from = UnixMicros(to.0 - length);
            (span, AnalyticsQuery { from, to, step, filter: AnalyticsFilter::default(), grouping })
        })
    }
}
