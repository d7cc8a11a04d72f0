//! Why something about an experiment was refused.

/// Something about an experiment was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExperimentError {
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
