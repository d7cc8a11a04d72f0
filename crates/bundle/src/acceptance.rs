//! What a bundle must fulfil to be opened, beside being what its manifest says.

use crate::{MAX_FILES, Trust};

/// What a bundle must fulfil to be opened, beside being what its manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// How large it may be.
    pub bounds: Bounds,
    /// Who must have signed it.
    pub trust: Trust,
}

/// How large a bundle may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of all its files together, out of the archive.
    pub max_bytes: u64,
    /// Number of its files; [`MAX_FILES`] at most.
    pub max_files: usize,
    /// An archive may unpack to so many times its own bytes.
    pub max_ratio: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_files: MAX_FILES, max_ratio: 100 }
    }
}
