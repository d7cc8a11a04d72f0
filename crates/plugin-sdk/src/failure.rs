//! Why a plugin could not do what it was asked.

use crate::memory::write_text;
use core::fmt::Display;
use undertone_plugin_abi::{Status, TextBuffer};

/// Why a plugin could not do what it was asked, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The input or configuration cannot be worked with; the object is as good as before.
    Refused(String),
    /// The object is broken and must be replaced.
    Failed(String),
    /// The host's wish to cancel was followed.
    Cancelled,
}

impl Failure {
    /// The input or configuration cannot be worked with.
    pub fn refused(message: &(impl Display + ?Sized)) -> Self {
        Self::Refused(message.to_string())
    }

    /// The object is broken.
    pub fn failed(message: &(impl Display + ?Sized)) -> Self {
        Self::Failed(message.to_string())
    }

    /// Hands the words to the host and answers the status.
    pub(crate) fn report(&self, error: &mut TextBuffer) -> Status {
        match self {
            Self::Refused(message) => {
                write_text(error, message);
                Status::REFUSED
            }
            Self::Failed(message) => {
                write_text(error, message);
                Status::FAILED
            }
            Self::Cancelled => {
                write_text(error, "cancelled");
                Status::CANCELLED
            }
        }
    }
}
