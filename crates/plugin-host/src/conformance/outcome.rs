//! How a case goes on after each step.

use crate::HostError;
use crate::text::Failed;
use undertone_core::PluginError;

/// Why a case ends here.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The contract is broken.
    Broken(String),
    /// There is nothing to look at.
    Skipped(String),
    /// Nothing is broken that must hold, and there is something to know.
    Noted(String),
    /// A step that another case is about was not taken well.
    Refused(Step, String),
}

/// What must go well before most cases have something to look at; one case is about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The entry is of a version that the host speaks.
    Version,
    /// The entry is as long as its version says.
    Size,
    /// The host accepts the library.
    Library,
    /// A plugin is made from its configuration.
    Configuration,
    /// The plugin says what it takes and gives.
    Description,
}

impl Stop {
    /// In the case that is about `steps`, the refusal of one breaks the contract.
    pub(crate) fn blamed(self, steps: &[Step]) -> Self {
        match self {
            Self::Refused(refused, what) if steps.contains(&refused) => Self::Broken(what),
            other => other,
        }
    }
}

/// Takes a step that another case is about.
pub(crate) fn taken<T>(step: Step, result: Result<T, impl std::fmt::Display>) -> Outcome<T> {
    result.map_err(|why| Stop::Refused(step, why.to_string()))
}

/// A step of a case.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

/// The contract is broken.
pub(crate) fn broken<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Stop::Broken(what.into()))
}

/// There is nothing to look at.
pub(crate) fn skipped<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Stop::Skipped(why.into()))
}

/// Nothing is broken, and there is something to know.
pub(crate) fn noted<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Stop::Noted(what.into()))
}

/// Goes on when `good`.
pub(crate) fn must(good: bool, what: impl FnOnce() -> String) -> Outcome {
    if good { Ok(()) } else { broken(what()) }
}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<PluginError> for Stop {
    fn from(error: PluginError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        failed.error.into()
    }
}
