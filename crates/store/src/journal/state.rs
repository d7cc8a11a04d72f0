//! Whether the journal takes records.

use crate::StoreError;
use crate::error::sqlite_code;
use std::path::Path;
use undertone_core::{ErrorKind, RecordError};

/// Whether the journal takes records, and what stops it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JournalState {
    /// It takes everything.
    #[default]
    Writable,
    /// It has reached the size that it may have: it takes no new streams.
    AtLimit {
        /// One sentence with what to do.
        reason: String,
    },
    /// Nothing can be written.
    Failing {
        /// Why.
        fault: JournalFault,
        /// One sentence with what to do.
        reason: String,
    },
}

/// Why nothing can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFault {
    /// The disk is full.
    DiskFull,
    /// The file or its disk cannot be written.
    ReadOnly,
    /// The file is damaged.
    Damaged,
    /// Something else; another program may hold the file.
    Other,
}

impl JournalState {
    /// Every name that [`JournalState::name`] gives.
    pub const NAMES: [&'static str; 6] =
        ["writable", "at_limit", "disk_full", "read_only", "damaged", "failing"];

    /// Stable name for metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Writable => "writable",
            Self::AtLimit { .. } => "at_limit",
            Self::Failing { fault: JournalFault::DiskFull, .. } => "disk_full",
            Self::Failing { fault: JournalFault::ReadOnly, .. } => "read_only",
            Self::Failing { fault: JournalFault::Damaged, .. } => "damaged",
            Self::Failing { fault: JournalFault::Other, .. } => "failing",
        }
    }

    /// Why not everything is taken.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Writable => None,
            Self::AtLimit { reason } | Self::Failing { reason, .. } => Some(reason),
        }
    }

    pub(super) fn of_error(path: &Path, error: sqlx::Error) -> Self {
        // Primary result codes of <https://www.sqlite.org/rescode.html>.
        let fault = match sqlite_code(&error) {
            Some(13) => JournalFault::DiskFull,
            Some(3 | 8 | 14 | 23) => JournalFault::ReadOnly,
            Some(11 | 26) => JournalFault::Damaged,
            _ => JournalFault::Other,
        };
        Self::Failing { fault, reason: StoreError::journal(path, error).sentence() }
    }

    /// What whoever waits for a record is told. Room may come again; for the rest somebody has to act.
    pub(super) fn refusal(&self) -> RecordError {
        let kind = match self {
            Self::AtLimit { .. } | Self::Failing { fault: JournalFault::DiskFull, .. } => ErrorKind::Overload,
            _ => ErrorKind::Unavailable,
        };
        RecordError { kind, message: self.reason().unwrap_or_default().to_owned() }
    }
}
