//! What is wrong with the settings.

use std::fmt;

/// Every mistake in the settings, each with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// One sentence per mistake.
    pub mistakes: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        write!(f, "{count} mistake{} in the settings:", if count == 1 { "" } else { "s" })?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for SettingsError {}
