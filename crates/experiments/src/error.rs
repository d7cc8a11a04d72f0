//! Why something about an experiment was refused.

use crate::{Mistake, State};
use std::fmt;

/// Something about an experiment was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExperimentError {
    /// A definition with mistakes.
    #[error("the experiment cannot be: {}", listed(mistakes))]
    Definition {
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// A step that the life of an experiment does not have.
    #[error("an experiment that is {from} cannot become {to}")]
    Transition {
        /// What it is.
        from: State,
        /// What it was to become.
        to: State,
    },
    /// Weights that are not all buckets.
    #[error("the weights sum to {sum}, not to 10000 buckets")]
    Weights {
        /// Their sum.
        sum: u64,
    },
    /// Runs of buckets that are not in order or do not end at the last one.
    #[error("the runs of buckets do not lead from the first bucket to the last")]
    Runs,
    /// An arm that the experiment does not have.
    #[error("there is no arm {arm:?}")]
    UnknownArm {
        /// The name, or the place in the list.
        arm: String,
    },
    /// An observation that cannot be.
    #[error("an observation cannot be: {what}")]
    Observation {
        /// What is wrong with it.
        what: String,
    },
    /// A setting of the analysis that cannot be.
    #[error("the analysis cannot be set to this: {what}")]
    Setting {
        /// What is wrong with it.
        what: String,
    },
}

impl ExperimentError {
    pub(crate) fn setting(what: impl Into<String>) -> Self {
        Self::Setting { what: what.into() }
    }
}

fn listed(mistakes: &[impl fmt::Display]) -> String {
    let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    mistakes.join("; ")
}
