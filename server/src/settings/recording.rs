//! `[recording]`

use super::reader::Reader;
use sha2::{Digest, Sha256};
use std::str::FromStr;
use undertone_core::Hex;

/// `[recording]`
#[derive(Clone, PartialEq, Eq)]
pub struct RecordingSettings {
    /// `recording.interim`: whether updates are recorded too.
    pub interim: bool,
    /// `recording.durability`
    pub durability: Durability,
    /// `recording.on_failure`
    pub on_failure: OnFailure,
    /// `recording.waiting_records`: records that may wait in memory.
    pub waiting_records: usize,
    /// `recording.subject_key`
    pub subject_key: SubjectKeyRule,
    /// `recording.subject_salt`: a secret; never shown.
    pub subject_salt: String,
}

/// When a result may leave the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once it is in the journal, on the disk.
    BeforeReply,
    /// At once; it is in the journal a moment later, unless the process dies first.
    Async,
}

/// What becomes of running streams while the journal cannot be written. New ones are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// They end with the next result that would have to be recorded.
    EndStreams,
    /// They go on with a warning; their results wait in memory.
    GoOn,
}

/// What becomes of the client's subject key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKeyRule {
    /// Stored as SHA-256 of salt and key.
    Hash,
    /// Stored as it came.
    Plain,
    /// Not stored.
    Drop,
}

impl RecordingSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            interim: reader.flag("recording.interim", false),
            durability: reader.parsed("recording.durability", Durability::BeforeReply),
            on_failure: reader.parsed("recording.on_failure", OnFailure::EndStreams),
            waiting_records: reader.count("recording.waiting_records", 10_000, 1..=10_000_000) as usize,
            subject_key: reader.parsed("recording.subject_key", SubjectKeyRule::Hash),
            subject_salt: reader.text("recording.subject_salt", ""),
        }
    }

    /// Whether it is stored who was heard.
    pub fn keeps_subjects(&self) -> bool {
        self.subject_key != SubjectKeyRule::Drop
    }

    /// A subject key as it is stored.
    pub fn stored_subject_key(&self, key: &str) -> Option<String> {
        match self.subject_key {
            SubjectKeyRule::Drop => None,
            SubjectKeyRule::Plain => Some(key.to_owned()),
            SubjectKeyRule::Hash => {
                let salted = [self.subject_salt.as_bytes(), b"\0", key.as_bytes()].concat();
                let digest = Sha256::digest(&salted);
                Some(Hex(&digest).to_string())
            }
        }
    }
}

impl std::fmt::Debug for RecordingSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingSettings")
            .field("interim", &self.interim)
            .field("durability", &self.durability)
            .field("on_failure", &self.on_failure)
            .field("waiting_records", &self.waiting_records)
            .field("subject_key", &self.subject_key)
            .field("subject_salt", &"(secret)")
            .finish()
    }
}

impl FromStr for Durability {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "before_reply" => Ok(Self::BeforeReply),
            "async" => Ok(Self::Async),
            _ => Err("give \"before_reply\" or \"async\"".into()),
        }
    }
}

impl FromStr for OnFailure {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "end_streams" => Ok(Self::EndStreams),
            "go_on" => Ok(Self::GoOn),
            _ => Err("give \"end_streams\" or \"go_on\"".into()),
        }
    }
}

impl FromStr for SubjectKeyRule {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "hash" => Ok(Self::Hash),
            "plain" => Ok(Self::Plain),
            "drop" => Ok(Self::Drop),
            _ => Err("give \"hash\", \"plain\" or \"drop\"".into()),
        }
    }
}
