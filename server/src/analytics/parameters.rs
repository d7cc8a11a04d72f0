//! What is asked for over HTTP: `start`, `end` (RFC 3339), `step`, `model`, `version`, `arm`, `role`, `subject`, `label`
//! (`key=value`) and `group_by`; those that may hold several values are given several times. Drift also takes
//! `reference_start` and `reference_end`.

use crate::grpc::bad_field;
use prost_types::Timestamp;
use std::collections::HashSet;
use tonic::Status;
use undertone_proto::v1;

/// The time, for every question.
pub(super) const TIME: &[&str] = &["start", "end", "step"];
/// Which answers.
pub(super) const FILTER: &[&str] = &["model", "version", "arm", "role", "subject", "label"];
/// Told apart by what.
pub(super) const GROUPS: &[&str] = &["group_by"];
/// The time that another one is compared with.
pub(super) const REFERENCE: &[&str] = &["reference_start", "reference_end"];
/// What may hold several values.
const SEVERAL: &[&str] = &["model", "version", "arm", "group_by"];

#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) range: v1::AnalyticsRange,
    pub(super) reference: v1::AnalyticsRange,
    pub(super) filter: v1::AnalyticsFilter,
    pub(super) group_by: Vec<i32>,
}

impl Parameters {
    /// Those of a question that takes what `kinds` name. The first mistake is told.
    pub(super) fn read(pairs: Vec<(String, String)>, kinds: &[&[&str]]) -> Result<Self, Status> {
        let mut own = Self::default();
        let mut given = HashSet::new();
        for (name, value) in pairs {
            if !kinds.iter().any(|names| names.contains(&name.as_str())) {
                return Err(bad_field(&name, "this question takes no such parameter"));
            }
            if value.is_empty() {
                return Err(bad_field(&name, "it is empty: leave it out, or give a value"));
            }
            own.take(&name, value)?;
            if !SEVERAL.contains(&name.as_str()) && !given.insert(name.clone()) {
                return Err(bad_field(&name, "it is given twice"));
            }
        }
        own.reference.step = own.range.step;
        Ok(own)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), Status> {
        match name {
            "start" => self.range.start = Some(time(name, &value)?),
            "end" => self.range.end = Some(time(name, &value)?),
            "reference_start" => self.reference.start = Some(time(name, &value)?),
            "reference_end" => self.reference.end = Some(time(name, &value)?),
            "step" => self.range.step = step(&value)?.into(),
            "model" => self.filter.models.push(value),
            "version" => self.filter.versions.push(value),
            "arm" => self.filter.arms.push(value),
            "role" => self.filter.role = role(&value)?.into(),
            "subject" => self.filter.subject_key = value,
            "label" => {
                let (key, value) = value.split_once('=').ok_or_else(|| bad_field(name, "give KEY=VALUE"))?;
                (self.filter.label_key, self.filter.label_value) = (key.to_owned(), value.to_owned());
            }
            "group_by" => self.group_by.push(group(&value)?.into()),
            _ => return Err(bad_field(name, "there is no such parameter")),
        }
        Ok(())
    }
}

fn time(name: &str, value: &str) -> Result<Timestamp, Status> {
    value.parse().map_err(|_| bad_field(name, "give a time like 2026-03-01T12:00:00Z"))
}

fn step(value: &str) -> Result<v1::Step, Status> {
    match value {
        "minute" => Ok(v1::Step::Minute),
        "hour" => Ok(v1::Step::Hour),
        "day" => Ok(v1::Step::Day),
        _ => Err(bad_field("step", "give minute, hour or day")),
    }
}

fn role(value: &str) -> Result<v1::AnswerRole, Status> {
    match value {
        "live" => Ok(v1::AnswerRole::Live),
        "shadow" => Ok(v1::AnswerRole::Shadow),
        _ => Err(bad_field("role", "give live or shadow")),
    }
}

fn group(value: &str) -> Result<v1::GroupBy, Status> {
    match value {
        "model" => Ok(v1::GroupBy::Model),
        "version" => Ok(v1::GroupBy::Version),
        "arm" => Ok(v1::GroupBy::Arm),
        "role" => Ok(v1::GroupBy::Role),
        _ => Err(bad_field("group_by", "give model, version, arm or role")),
    }
}
