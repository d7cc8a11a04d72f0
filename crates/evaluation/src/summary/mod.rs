//! Every published figure, and whether the committed ones follow from the evidence.

mod difference;
mod pooled;
mod protocol;

pub use difference::Difference;
pub use pooled::{PooledBounds, PooledFold, bounds_of, mean_temperature};
pub use protocol::{FoldSets, PartFigures, Parts, ProtocolSummary, Sets};

use crate::EvaluationError;
use crate::evidence::{Evidence, Protocol};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use undertone_core::Emotion;

const FILE: &str = "summary.json";
/// Figures are published with six decimals, so that the last bits of a logarithm, which differ between
/// machines, change nothing.
const STEPS: f64 = 1e6;

/// Every published figure of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Labels in the order of rows and columns of the confusion matrices.
    pub labels: Vec<&'static str>,
    /// Figures of each protocol that was carried out, under its name.
    pub protocols: BTreeMap<&'static str, ProtocolSummary>,
}

impl Summary {
    /// Computes every figure.
    pub fn of(evidence: &Evidence) -> Self {
        let measured = Protocol::ALL.into_iter().filter_map(|protocol| {
            let runs = evidence.of(protocol);
            (!runs.is_empty()).then(|| (protocol.name(), ProtocolSummary::of(&runs)))
        });
        Self { labels: Emotion::ALL.map(Emotion::name).to_vec(), protocols: measured.collect() }
    }

    /// The figures of `protocol`, if it was carried out.
    pub fn protocol(&self, protocol: Protocol) -> Option<&ProtocolSummary> {
        self.protocols.get(protocol.name())
    }

    /// The protocols that were carried out, the one that tells about new people first.
    pub(crate) fn measured(&self) -> impl Iterator<Item = (Protocol, &ProtocolSummary)> {
        Protocol::ALL.into_iter().filter_map(|protocol| Some((protocol, self.protocol(protocol)?)))
    }

    /// The summary as JSON text, numbers with at most six decimals. The same evidence gives the same bytes.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.rounded())
    }

    /// Writes `summary.json` into the folder of the evidence.
    pub fn write(&self, folder: &Path) -> Result<(), EvaluationError> {
        let path = path(folder);
        fs::write(&path, self.to_json()).map_err(EvaluationError::write(&path))
    }

    fn rounded(&self) -> Value {
        rounded(serde_json::to_value(self).expect("numbers, text and lists are JSON"))
    }
}

/// Computes every figure anew from the evidence in `folder` and compares it with `summary.json` there.
/// Returns every difference; none means that the committed figures are proved. Fails when evidence or
/// summary cannot be read.
pub fn check(folder: &Path) -> Result<Vec<Difference>, EvaluationError> {
    let measured = Summary::of(&Evidence::open(folder)?).rounded();
    let path = path(folder);
    let text = fs::read_to_string(&path).map_err(EvaluationError::read(&path))?;
    let committed =
        serde_json::from_str(&text).map_err(|source| EvaluationError::Summary { path, source })?;
    Ok(difference::differences(&rounded(committed), &measured))
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or(0.0);
            Value::from((value * STEPS).round() / STEPS)
        }
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
        other => other,
    }
}
