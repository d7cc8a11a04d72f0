//! Takes everything that is known of a subject out of the databases.

mod report;

pub use report::{ErasedRows, ErasureReport, erase_subject};

use sha2::{Digest, Sha256};
use undertone_core::{Hex, UnixMicros};

/// A subject, by the SHA-256 of its key as it is stored: whoever follows an erasure needs not be told the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) tenant: String,
    /// The key as it is stored, where it is known.
    pub(crate) key: Option<String>,
    pub(crate) sha256: String,
    /// Streams that were opened later stay.
    pub(crate) until: UnixMicros,
    /// Streams and predictions of it that Postgres erased, of which more may be known here.
    pub(crate) ids: Vec<String>,
    /// The number of the erasure in Postgres that the journal follows; none when it was asked itself.
    pub(crate) postgres_seq: Option<i64>,
}

#[cfg(test)]
impl Subject {
    /// One of the tenant `default`, with the streams that were opened in the first microsecond.
    pub(crate) fn early(key: &str) -> Self {
        Self {
            tenant: "default".to_owned(),
            key: None,
            sha256: sha256(key),
            until: UnixMicros(1),
            ids: Vec::new(),
            postgres_seq: None,
        }
    }
}

pub(crate) fn sha256(key: &str) -> String {
    Hex(&Sha256::digest(key.as_bytes())).to_string()
}
