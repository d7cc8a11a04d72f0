//! Why something about an experiment was refused.

use undertone_experiments::ExperimentError;
use undertone_store::StoreError;

/// Why something about an experiment was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the experiment cannot be: {}", .0.join("; "))]
    Mistakes(Vec<String>),
    #[error("there is no experiment {0:?}")]
    Unknown(String),
    #[error("there is an experiment {0:?} already")]
    Exists(String),
    #[error("{0}")]
    NotNow(String),
    #[error("somebody else changed the experiment at the same time; look at it and try again")]
    Changed,
    #[error("experiments need a server that records: {0}")]
    NoStore(&'static str),
    #[error("{}", .0.sentence())]
    Store(#[from] StoreError),
}

impl From<ExperimentError> for Refusal {
    fn from(error: ExperimentError) -> Self {
        Self::NotNow(error.to_string())
    }
}
