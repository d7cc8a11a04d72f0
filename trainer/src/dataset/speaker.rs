//! Who speaks.

use std::fmt;

/// A speaker's name within a data set. Numbers are written with two digits, so `2` and `02` are one speaker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Speaker(String);

impl Speaker {
    /// The speaker called `name`.
    pub fn new(name: &str) -> Self {
        match name.parse::<u32>() {
            Ok(number) => Self(format!("{number:02}")),
            Err(_) => Self(name.to_owned()),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Speaker {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}
