//! Why a recipe was refused.

use std::fmt;

/// A recipe could not be read or cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The text is not the JSON of a recipe.
    #[error("recipe cannot be read: {0}")]
    Parse(#[from] serde_json::Error),
    /// Values that make no sense, all of them; never empty.
    #[error("recipe is not valid: {}", list(.0))]
    Invalid(Vec<Mistake>),
}

/// One wrong value of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, as a path such as `blocks[0].log_mel.mel.bins`.
    pub field: String,
    /// What is wrong and what is accepted.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}
