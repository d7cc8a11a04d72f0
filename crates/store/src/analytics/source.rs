//! Where analytics come from.

use super::{
    AgreementRow, AnalyticsQuery, AnswerRow, BinRow, JudgedRow, Measure, TopRow, agreement, judged, matched,
    rollups, rows, tally,
};
use crate::{JournalReader, PostgresUrl, StoreError};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::collections::BTreeMap;
use std::time::Duration;

/// Connections to Postgres at a time; further questions wait for one.
const CONNECTIONS: u32 = 4;

/// How much a question may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalyticsLimits {
    /// Rows of one figure, each a bucket and a group; from a journal the answers that are read for it. More are refused.
    pub rows: u32,
    /// Answers that are looked up one by one for agreement, and feedback for judgements; the newest count.
    pub lookups: u32,
    /// No stream is longer: whoever asks for a subject or a label need not look at streams that began earlier.
    pub longest_stream: Duration,
    /// Postgres breaks a statement off that takes longer.
    pub timeout: Duration,
}

impl Default for AnalyticsLimits {
    fn default() -> Self {
        Self {
            rows: 200_000,
            lookups: 5_000,
            longest_stream: Duration::from_secs(86_400),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Answers the questions of dashboards.
#[derive(Debug, Clone)]
pub struct Analytics {
    source: Source,
    limits: AnalyticsLimits,
}

#[derive(Debug, Clone)]
enum Source {
    Postgres { pool: PgPool, target: String },
    Journal(JournalReader),
}

impl Analytics {
    /// From Postgres. Connects when it is first asked.
    pub fn of_postgres(url: &PostgresUrl, limits: AnalyticsLimits) -> Self {
        let timeout = limits.timeout.as_millis().to_string();
        let options = url.options().options([
            ("statement_timeout", timeout.as_str()),
            // Lookups one by one seem dear to the planner, and compiling for them takes longer than they do.
            ("jit", "off"),
            // Answers are counted by hashing their group: the planner expects nearly as many groups as answers, and would sort
            // these by names. What is told is sorted nevertheless, but that is little.
            ("enable_sort", "off"),
            // A plan that is kept computes with its parameters anew for each of the answers that it counts; one that is made for
            // them has constants there, and making it takes a few milliseconds.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(limits.timeout)
            .connect_lazy_with(options);
        Self { source: Source::Postgres { pool, target: url.target() }, limits }
    }

    /// From the rows of a journal, which suits small ones.
    pub fn of_journal(reader: &JournalReader, limits: AnalyticsLimits) -> Self {
        Self { source: Source::Journal(reader.clone()), limits }
    }

    /// Answers by what was most probable, in order of time and group.
    ///
    /// # Errors
    /// When the database does not answer, or more than [`AnalyticsLimits::rows`] would be needed.
    pub async fn tops(&self, query: &AnalyticsQuery) -> Result<Vec<TopRow>, StoreError> {
        match &self.source {
            Source::Postgres { pool, .. } if !query.needs_rows() => {
                self.bounded(rollups::tops(pool, query, self.beyond(1)).await, |_| None)
            }
            Source::Postgres { pool, .. } => {
                self.bounded(matched::tops(pool, query, self.reach(1)).await, |_| None)
            }
            Source::Journal(reader) => Ok(tally::tops(query, &self.rows(reader, query).await?)),
        }
    }

    /// How figures are spread, in order of time and group. By the hour at least where one of them is of what was heard
    /// ([`AnalyticsQuery::in_hours`]).
    ///
    /// # Errors
    /// As [`Analytics::tops`].
    pub async fn bins(
        &self,
        query: &AnalyticsQuery,
        measures: &[Measure],
    ) -> Result<Vec<BinRow>, StoreError> {
        let in_hours = query.in_hours();
        let heard = measures.iter().any(|measure| matches!(measure, Measure::Heard(_)));
        let query = if heard { &in_hours } else { query };
        let figures = measures.len();
        let figure = |row: &BinRow| Some(row.measure);
        match &self.source {
            Source::Postgres { pool, .. } if !query.needs_rows() => {
                self.bounded(rollups::bins(pool, query, measures, self.beyond(figures)).await, figure)
            }
            Source::Postgres { pool, .. } => {
                self.bounded(matched::bins(pool, query, measures, self.reach(figures)).await, figure)
            }
            Source::Journal(reader) => Ok(tally::bins(query, measures, &self.rows(reader, query).await?)),
        }
    }

    /// What models said about the same utterances. Looks at the newest answers of the time, and at its time alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn agreement(&self, query: &AnalyticsQuery) -> Result<Vec<AgreementRow>, StoreError> {
        let rows = i64::from(self.limits.lookups);
        let read = match &self.source {
            Source::Postgres { pool, .. } => agreement::of_postgres(pool, query, rows).await,
            Source::Journal(reader) => agreement::of_journal(reader.pool(), query, rows).await,
        };
        read.map_err(|source| self.failed(source))
    }

    /// The final answers of the time that somebody judged, each with what was said last about it: about the answer itself, or,
    /// where the right label was told, about another answer to the same utterance or about that part of the stream. Of very
    /// much feedback the newest counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn judged(&self, query: &AnalyticsQuery) -> Result<Vec<JudgedRow>, StoreError> {
        let rows = i64::from(self.limits.lookups);
        let read = match &self.source {
            Source::Postgres { pool, .. } => judged::of_postgres(pool, query, rows).await,
            Source::Journal(reader) => judged::of_journal(reader.pool(), query, rows).await,
        };
        read.map_err(|source| self.failed(source))
    }

    /// How Postgres would find the answers to `query`, one plan per statement; none without a Postgres.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn plans(&self, query: &AnalyticsQuery) -> Result<Vec<String>, StoreError> {
        let Source::Postgres { pool, .. } = &self.source else { return Ok(Vec::new()) };
        let plans = async {
            let lookups = i64::from(self.limits.lookups);
            let mut plans = vec![agreement::plan(pool, query, lookups).await?];
            plans.push(judged::plan(pool, query, lookups).await?);
            if query.needs_rows() {
                plans.extend(matched::plans(pool, query, self.reach(Measure::ALL.len())).await?);
            } else {
                plans.extend(rollups::plans(pool, query, self.beyond(Measure::ALL.len())).await?);
            }
            Ok::<_, sqlx::Error>(plans)
        };
        plans.await.map_err(|source| self.failed(source))
    }

    async fn rows(
        &self,
        reader: &JournalReader,
        query: &AnalyticsQuery,
    ) -> Result<Vec<AnswerRow>, StoreError> {
        self.bounded(rows::of_journal(reader.pool(), query, self.beyond(1)).await, |_| None)
    }

    fn reach(&self, figures: usize) -> matched::Reach {
        matched::Reach { limit: self.beyond(figures), longest_stream: self.limits.longest_stream }
    }

    /// One more row than is allowed, which tells that there are too many.
    fn beyond(&self, figures: usize) -> i64 {
        i64::from(self.limits.rows) * figures as i64 + 1
    }

    /// Refuses rows of which one figure has too many.
    fn bounded<Row>(
        &self,
        read: Result<Vec<Row>, sqlx::Error>,
        figure: impl Fn(&Row) -> Option<Measure>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = read.map_err(|source| self.failed(source))?;
        let mut counted: BTreeMap<Option<Measure>, usize> = BTreeMap::new();
        for row in &rows {
            *counted.entry(figure(row)).or_default() += 1;
        }
        if counted.into_values().any(|rows| rows > self.limits.rows as usize) {
            return Err(StoreError::TooMuch { rows: self.limits.rows });
        }
        Ok(rows)
    }

    fn failed(&self, source: sqlx::Error) -> StoreError {
        let database = match &self.source {
            Source::Postgres { target, .. } => target.clone(),
            Source::Journal(reader) => reader.database(),
        };
        StoreError::Query { what: "reading analytics", database, source }
    }
}
