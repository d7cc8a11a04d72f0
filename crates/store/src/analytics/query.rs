//! What is asked for.

use undertone_core::{Role, UnixMicros};

/// Length of a bucket of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Step {
    /// As the rollups name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length.
    pub const fn micros(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
            Self::Day => 86_400_000_000,
        }
    }

    /// Start of the bucket that a time lies in.
    pub const fn floor(self, at: UnixMicros) -> UnixMicros {
        UnixMicros(at.0.div_euclid(self.micros()) * self.micros())
    }
}

/// Which answers count. Final ones only, always.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnalyticsFilter {
    /// Names of models; empty: all.
    pub models: Vec<String>,
    /// Versions of models; empty: all.
    pub versions: Vec<String>,
    /// Arms of experiments, `""` for answers outside of them; empty: all.
    pub arms: Vec<String>,
    /// Live or shadow.
    pub role: Option<Role>,
    /// Of one tenant's streams.
    pub tenant: Option<String>,
    /// Of streams with this subject key, as it is stored.
    pub subject: Option<String>,
    /// A key and a value that the client gave the stream.
    pub label: Option<(String, String)>,
}

/// What answers are told apart by, beside the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grouping {
    /// By the model's name.
    pub model: bool,
    /// By the model's version.
    pub version: bool,
    /// By the arm.
    pub arm: bool,
    /// By live and shadow.
    pub role: bool,
}

/// Answers that were made from `from` on and before `to`. Both count as the start of the bucket that they lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsQuery {
    /// The first moment.
    pub from: UnixMicros,
    /// The moment behind the last.
    pub to: UnixMicros,
    /// Length of the buckets.
    pub step: Step,
    /// Which answers.
    pub filter: AnalyticsFilter,
    /// Told apart by what.
    pub grouping: Grouping,
}

impl AnalyticsQuery {
    /// Whether only rows know the answer: rollups hold no subjects and labels.
    pub(crate) const fn needs_rows(&self) -> bool {
        self.filter.subject.is_some() || self.filter.label.is_some()
    }

    /// The same over whole hours at least. What was heard is not counted by the minute.
    pub fn in_hours(&self) -> Self {
        match self.step {
            Step::Minute => {
                let behind = UnixMicros(self.to.0.saturating_add(Step::Hour.micros() - 1));
                Self { step: Step::Hour, to: Step::Hour.floor(behind), ..self.clone() }
            }
            Step::Hour | Step::Day => self.clone(),
        }
    }

    pub(crate) const fn span(&self) -> (UnixMicros, UnixMicros) {
        (self.step.floor(self.from), self.step.floor(self.to))
    }
}
