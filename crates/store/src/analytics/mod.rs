//! What dashboards ask: from rollups where there is a Postgres, from rows where somebody asks for one subject or label, and
//! from the journal's rows where there is no Postgres.

mod agreement;
mod answer;
mod bins;
mod bound;
mod judged;
mod matched;
mod query;
mod rollups;
mod rows;
mod source;
mod tally;

pub use agreement::AgreementRow;
pub use bins::{Measure, bin_start};
pub(crate) use bins::{bin_of_confidence, bin_of_micros};
pub use judged::JudgedRow;
pub use query::{AnalyticsFilter, AnalyticsQuery, Grouping, Step};
pub use source::{Analytics, AnalyticsLimits};
pub use tally::{BinRow, GroupKey, TopRow};

/// What an answer says, as far as analytics go.
pub(crate) use answer::AnswerRow;
