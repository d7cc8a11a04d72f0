//! Experiments as rows.

use crate::columns::Misfit;
use sqlx::types::Json;
use undertone_core::{StreamId, UnixMicros};

/// Which experiment: names are a tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExperimentKey<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// The newest revision of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentRow {
    /// Whose it is.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Grows by one with every change, from 1.
    pub revision: u64,
    /// Where it is in its life, as `running`.
    pub state: String,
    /// Its layer of mutual exclusion.
    pub layer: Option<String>,
    /// What is assigned as a whole: `subject` or `stream`.
    pub unit: String,
    /// What somebody wrote down, a JSON object.
    pub definition: serde_json::Value,
    /// What follows from its life, a JSON object.
    pub progress: serde_json::Value,
    /// When it was last changed.
    pub updated_at: UnixMicros,
}

/// Who made a revision, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Who.
    pub who: String,
    /// What was done, in a word or two.
    pub what: String,
    /// Why.
    pub why: String,
}

/// One revision of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentChange {
    /// Which revision.
    pub revision: u64,
    /// When.
    pub at: UnixMicros,
    /// Who, what and why.
    pub reason: Reason,
    /// The state after it.
    pub state: String,
    /// The definition after it.
    pub definition: serde_json::Value,
}

/// Whether a change was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Put {
    /// It was.
    Done,
    /// Somebody else made that revision first: read the experiment again.
    Stale,
}

/// A unit's first scored utterance in an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// Whose experiment and subject it is.
    pub tenant: String,
    /// The experiment's name.
    pub experiment: String,
    /// The unit as it is stored: the subject key by the rule for subject keys, else the stream.
    pub unit: String,
    /// Whether somebody asked for the arm.
    pub forced: bool,
    /// The arm's name.
    pub arm: String,
    /// The arm's share of all units when the unit got it, 0 to 1.
    pub share: f64,
    /// By which revision of the experiment; 0 where that is not known.
    pub revision: u64,
    /// The stream.
    pub stream_id: StreamId,
    /// When.
    pub at: UnixMicros,
}

/// How many units were exposed to an arm.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ExposureCount {
    /// How many of the asked beginnings were over: 0 for those before the first.
    pub period: i64,
    /// By which revision of the experiment they got it; 0 where that is not known.
    pub revision: i64,
    /// The arm's name.
    pub arm: String,
    /// `drawn` or `forced`.
    pub origin: String,
    /// The arm's share of all units when they got it, 0 to 1.
    pub share: f64,
    /// Units.
    pub units: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct ExperimentColumns {
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) revision: i64,
    pub(crate) state: String,
    pub(crate) layer: Option<String>,
    pub(crate) unit: String,
    pub(crate) definition: Json<serde_json::Value>,
    pub(crate) progress: Json<serde_json::Value>,
    pub(crate) updated_at_micros: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct ChangeColumns {
    pub(crate) revision: i64,
    pub(crate) at_micros: i64,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) why: String,
    pub(crate) state: String,
    pub(crate) definition: Json<serde_json::Value>,
}

/// An exposure's columns, by the names under which Postgres takes them.
#[derive(Debug, Clone, PartialEq, serde::Serialize, sqlx::FromRow)]
pub(crate) struct ExposureColumns {
    pub(crate) tenant: String,
    pub(crate) experiment: String,
    pub(crate) unit: String,
    pub(crate) origin: String,
    pub(crate) arm: String,
    pub(crate) share: f64,
    pub(crate) stream_id: String,
    pub(crate) revision: i64,
    pub(crate) at_micros: i64,
}

impl From<ExperimentColumns> for ExperimentRow {
    fn from(columns: ExperimentColumns) -> Self {
        Self {
            tenant: columns.tenant,
            name: columns.name,
            revision: columns.revision.unsigned_abs(),
            state: columns.state,
            layer: columns.layer,
            unit: columns.unit,
            definition: columns.definition.0,
            progress: columns.progress.0,
            updated_at: UnixMicros(columns.updated_at_micros),
        }
    }
}

impl From<ChangeColumns> for ExperimentChange {
    fn from(columns: ChangeColumns) -> Self {
        let ChangeColumns { revision, at_micros, who, what, why, state, definition } = columns;
        Self {
            revision: revision.unsigned_abs(),
            at: UnixMicros(at_micros),
            reason: Reason { who, what, why },
            state,
            definition: definition.0,
        }
    }
}

impl From<&Exposure> for ExposureColumns {
    fn from(own: &Exposure) -> Self {
        Self {
            tenant: own.tenant.clone(),
            experiment: own.experiment.clone(),
            unit: own.unit.clone(),
            origin: if own.forced { "forced" } else { "drawn" }.to_owned(),
            arm: own.arm.clone(),
            share: own.share,
            stream_id: own.stream_id.to_string(),
            revision: own.revision.cast_signed(),
            at_micros: own.at.0,
        }
    }
}

impl TryFrom<ExposureColumns> for Exposure {
    type Error = Misfit;

    fn try_from(columns: ExposureColumns) -> Result<Self, Misfit> {
        Ok(Self {
            stream_id: columns.stream_id.parse().map_err(|_| Misfit::new("stream_id", "not a UUID"))?,
            tenant: columns.tenant,
            experiment: columns.experiment,
            unit: columns.unit,
            forced: columns.origin == "forced",
            arm: columns.arm,
            share: columns.share,
            revision: columns.revision.unsigned_abs(),
            at: UnixMicros(columns.at_micros),
        })
    }
}
