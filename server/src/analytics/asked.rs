//! From a request to a query, with every mistake named.

use super::Figures;
use crate::access::Caller;
use crate::grpc::{bad_field, bad_request};
use crate::wire_time::moment;
use tonic::Status;
use tonic_types::FieldViolation;
use undertone_core::{Role, UnixMicros};
use undertone_proto::v1;
use undertone_store::{AnalyticsFilter, AnalyticsQuery, Grouping, Step};

/// Texts in filters are no longer than this.
const MAX_TEXT_BYTES: usize = 1024;
const DAY_MICROS: i64 = 86_400_000_000;

/// What is asked for, as it came.
pub(super) struct Asked<'a> {
    pub(super) range: Option<v1::AnalyticsRange>,
    pub(super) filter: Option<&'a v1::AnalyticsFilter>,
    pub(super) group_by: &'a [i32],
    /// Who asks: tenants see their own records.
    pub(super) caller: &'a Caller,
}

impl Asked<'_> {
    /// The query, or every wrong field.
    pub(super) fn check(&self, figures: &Figures) -> Result<AnalyticsQuery, Status> {
        self.check_time("range", figures)
    }

    /// The same about the time that another one is compared with, which has to be named.
    pub(super) fn check_reference(&self, figures: &Figures) -> Result<AnalyticsQuery, Status> {
        match self.range {
            Some(range) if range.start.is_some() || range.end.is_some() => {
                self.check_time("reference", figures)
            }
            _ => Err(bad_field(
                "reference",
                "give the time to compare with, its start or its end (reference_start and reference_end over HTTP)",
            )),
        }
    }

    fn check_time(&self, field: &str, figures: &Figures) -> Result<AnalyticsQuery, Status> {
        let mut violations = Vec::new();
        let range = self.range.unwrap_or_default();
        let span = span(field, &range, figures, &mut violations);
        let filter = self.filter.map(|filter| checked_filter(filter, figures, &mut violations));
        let tenant = self.caller.bound_to().map(str::to_owned);
        let filter = AnalyticsFilter { tenant, ..filter.unwrap_or_default() };
        let grouping = grouping(self.group_by, &mut violations);
        match span {
            Some((from, to, step)) if violations.is_empty() => {
                Ok(AnalyticsQuery { from, to, step, filter, grouping })
            }
            _ => Err(bad_request(violations)),
        }
    }
}

fn span(
    field: &str,
    range: &v1::AnalyticsRange,
    figures: &Figures,
    violations: &mut Vec<FieldViolation>,
) -> Option<(UnixMicros, UnixMicros, Step)> {
    let mut wrong = |field: String, words: String| violations.push(FieldViolation::new(field, words));
    let step = match v1::Step::try_from(range.step) {
        Ok(v1::Step::Minute) => Step::Minute,
        Ok(v1::Step::Hour | v1::Step::Unspecified) => Step::Hour,
        Ok(v1::Step::Day) => Step::Day,
        Err(_) => {
            wrong(format!("{field}.step"), "not a step".into());
            return None;
        }
    };
    let end = match range.end.as_ref().map(moment) {
        None => UnixMicros(step.floor(figures.clock.now()).0 + step.micros()),
        Some(Some(end)) => end,
        Some(None) => {
            wrong(format!("{field}.end"), "not a time between the years 1970 and 9999".into());
            return None;
        }
    };
    let start = match range.start.as_ref().map(moment) {
        None => UnixMicros(end.0 - DAY_MICROS),
        Some(Some(start)) => start,
        Some(None) => {
            wrong(format!("{field}.start"), "not a time between the years 1970 and 9999".into());
            return None;
        }
    };
    let (from, to) = (step.floor(start), ceiling(step, end));
    let longest = i64::try_from(figures.limits.range.as_micros()).unwrap_or(i64::MAX);
    if from >= to {
        wrong(
            field.into(),
            "it holds no whole bucket: let the end be at least a step behind the start".into(),
        );
    } else if to.0 - from.0 > longest {
        let days = longest / DAY_MICROS;
        wrong(field.into(), format!("it is longer than {days} days (analytics.max_range)"));
    } else if (to.0 - from.0) / step.micros() > i64::from(figures.limits.buckets) {
        let most = figures.limits.buckets;
        wrong(
            field.into(),
            format!("it holds more than {most} buckets (analytics.max_buckets): take a longer step"),
        );
    }
    Some((from, to, step))
}

/// The end of the bucket that `end` lies in, or its own place between two buckets.
fn ceiling(step: Step, end: UnixMicros) -> UnixMicros {
    UnixMicros(step.floor(UnixMicros(end.0 - 1)).0 + step.micros())
}

fn checked_filter(
    filter: &v1::AnalyticsFilter,
    figures: &Figures,
    violations: &mut Vec<FieldViolation>,
) -> AnalyticsFilter {
    let mut wrong =
        |field: &str, words: String| violations.push(FieldViolation::new(format!("filter.{field}"), words));
    let most = figures.limits.filter_values;
    for (field, values) in
        [("models", &filter.models), ("versions", &filter.versions), ("arms", &filter.arms)]
    {
        if values.len() > most {
            wrong(field, format!("more than {most} values (analytics.max_filter_values)"));
        }
        if values.iter().any(|value| !is_sound(value)) {
            wrong(field, format!("a value is longer than {MAX_TEXT_BYTES} bytes or holds a zero byte"));
        }
    }
    for (field, text) in [
        ("subject_key", &filter.subject_key),
        ("label_key", &filter.label_key),
        ("label_value", &filter.label_value),
    ] {
        if !is_sound(text) {
            wrong(field, format!("longer than {MAX_TEXT_BYTES} bytes, or it holds a zero byte"));
        }
    }
    let role = match v1::AnswerRole::try_from(filter.role) {
        Ok(v1::AnswerRole::Unspecified) => None,
        Ok(v1::AnswerRole::Live) => Some(Role::Live),
        Ok(v1::AnswerRole::Shadow) => Some(Role::Shadow),
        Err(_) => {
            wrong("role", "not a role".into());
            None
        }
    };
    let mut subject = None;
    if !filter.subject_key.is_empty() {
        match figures.recording.stored_subject_key(&filter.subject_key) {
            Some(key) => subject = Some(key),
            None => wrong("subject_key", "subject keys are not stored (recording.subject_key)".into()),
        }
    }
    if filter.label_key.is_empty() && !filter.label_value.is_empty() {
        wrong("label_value", "it needs a label_key".into());
    }
    let label =
        (!filter.label_key.is_empty()).then(|| (filter.label_key.clone(), filter.label_value.clone()));
    AnalyticsFilter {
        models: filter.models.clone(),
        versions: filter.versions.clone(),
        arms: filter.arms.clone(),
        role,
        tenant: None,
        subject,
        label,
    }
}

fn is_sound(text: &str) -> bool {
    text.len() <= MAX_TEXT_BYTES && !text.contains('\0')
}

fn grouping(group_by: &[i32], violations: &mut Vec<FieldViolation>) -> Grouping {
    let mut grouping = Grouping::default();
    for (place, &by) in group_by.iter().enumerate() {
        match v1::GroupBy::try_from(by) {
            Ok(v1::GroupBy::Model) => grouping.model = true,
            Ok(v1::GroupBy::Version) => grouping.version = true,
            Ok(v1::GroupBy::Arm) => grouping.arm = true,
            Ok(v1::GroupBy::Role) => grouping.role = true,
            Ok(v1::GroupBy::Unspecified) | Err(_) => {
                violations.push(FieldViolation::new(format!("group_by[{place}]"), "not a group"));
            }
        }
    }
    grouping
}
