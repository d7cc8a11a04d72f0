//! What follows from an experiment's life, beside its definition.

use serde::{Deserialize, Serialize};
use undertone_experiments::{ArmIndex, Experiment, Run};

/// What follows from an experiment's life.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Runs of buckets: the first bucket behind each, and whose it is.
    pub(crate) runs: Vec<(u16, usize)>,
    /// When units were first assigned.
    pub(crate) started_at_micros: Option<i64>,
    /// Since when the weights are what they are.
    pub(crate) weighed_at_micros: Option<i64>,
    /// Arms that were stopped.
    #[serde(default)]
    pub(crate) stopped: Vec<Stopped>,
    /// When each block of answers begins that guardrails look at, but for the first, which begins with the experiment.
    #[serde(default)]
    pub(crate) watched_from_micros: Vec<i64>,
    /// The arm that was promoted.
    pub(crate) chosen: Option<String>,
}

/// An arm that was stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    pub(crate) arm: String,
    pub(crate) at_micros: i64,
    pub(crate) reason: String,
}

impl Progress {
    /// The runs as the assignment takes them.
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.runs.iter().map(|&(until, arm)| Run { until, arm: ArmIndex(arm) }).collect()
    }

    /// Keeps the runs of `experiment`.
    pub(crate) fn keep_runs(&mut self, experiment: &Experiment) {
        self.runs = experiment.allocation().runs().iter().map(|run| (run.until, run.arm.0)).collect();
    }

    /// Why `arm` was stopped, if it was.
    pub(crate) fn stopped(&self, arm: &str) -> Option<&Stopped> {
        self.stopped.iter().find(|own| own.arm == arm)
    }
}
