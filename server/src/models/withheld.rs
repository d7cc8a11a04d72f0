//! Versions that were taken out of service by hand, kept in the data folder, so that a restart does not bring them back.

use super::Models;
use super::admission::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

const FILE: &str = "models.json";

/// Versions that were taken out of service by hand, with the reason. They are loaded again only by hand.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    pub(super) versions: BTreeMap<Key, String>,
    /// Why the file does not say so; a restart would forget it.
    pub(super) unrecorded: Option<String>,
}

/// Where it is recorded; nowhere for a server that keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct Record {
    path: Option<PathBuf>,
    /// One writes at a time, and what it writes is never older than what is there.
    writing: Mutex<()>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    withheld: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    model: String,
    version: String,
    reason: String,
}

impl Entry {
    fn key(&self) -> Option<Key> {
        Some((self.model.clone(), self.version.parse().ok()?))
    }
}

impl Withheld {
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.versions.contains_key(key)
    }

    /// What people are told about a version beside `reason`.
    pub(super) fn remark(&self, key: &Key, reason: String) -> String {
        match &self.unrecorded {
            Some(why) if self.contains(key) => format!("{reason}, until a restart: {why}"),
            _ => reason,
        }
    }
}

impl Record {
    /// The one in the folder of data.
    pub(crate) fn kept_in(data_dir: &Path) -> Self {
        Self { path: Some(data_dir.join(FILE)), writing: Mutex::default() }
    }

    /// What was recorded. What cannot be read is said and taken for nothing: models must be served.
    pub(super) fn read(&self) -> Withheld {
        let content = self.path.as_deref().map(read).unwrap_or_default();
        let versions = content.withheld.into_iter();
        let versions = versions.filter_map(|entry| Some((entry.key()?, entry.reason))).collect();
        Withheld { versions, unrecorded: None }
    }
}

impl Models {
    /// Records which versions are withheld now.
    pub(super) async fn record_withheld(self: &Arc<Self>) {
        let Some(path) = self.record.path.clone() else { return };
        let _alone = self.record.writing.lock().await;
        let entry = |(key, reason): (&Key, &String)| Entry {
            model: key.0.clone(),
            version: key.1.to_string(),
            reason: reason.clone(),
        };
        let withheld = self.shelf().withheld.versions.iter().map(entry).collect();
        let written = self.blocking(move |_| Ok(write(&path, &Content { withheld }))).await;
        let unrecorded = match written {
            Ok(written) => written.err().map(|error| error.to_string()),
            Err(lost) => Some(lost.to_string()),
        };
        if let Some(why) = &unrecorded {
            tracing::error!(%why, "which models were unloaded by hand will be forgotten at a restart");
        }
        self.shelf().withheld.unrecorded = unrecorded;
    }
}

fn read(path: &Path) -> Content {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Content::default(),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "which models were unloaded by hand cannot be read");
            return Content::default();
        }
    };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::error!(path = %path.display(), %error, "which models were unloaded by hand cannot be understood");
        Content::default()
    })
}

/// The file is the old one or the new one, never a part, even when the machine stops.
fn write(path: &Path, content: &Content) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(&serde_json::to_vec_pretty(content)?)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: &str) -> Key {
        ("cnn".to_owned(), version.parse().expect("a version"))
    }

    #[test]
    fn what_is_written_is_read_and_what_cannot_be_read_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = Record::kept_in(folder.path());
        assert!(record.read().versions.is_empty());
        let entry =
            Entry { model: "cnn".into(), version: "1.1.0".into(), reason: "it was rolled back".into() };
        let path = record.path.clone().expect("it has one");
        write(&path, &Content { withheld: vec![entry] }).expect("writable");
        assert_eq!(record.read().versions, [(key("1.1.0"), "it was rolled back".to_owned())].into());
        fs::write(&path, "{").expect("writable");
        assert!(record.read().versions.is_empty());
    }

    #[test]
    fn only_what_is_withheld_and_not_recorded_is_remarked() {
        let mut withheld = Withheld::default();
        withheld.versions.insert(key("1.1.0"), String::new());
        assert_eq!(withheld.remark(&key("1.1.0"), "r".into()), "r");
        withheld.unrecorded = Some("no room".into());
        assert_eq!(withheld.remark(&key("1.1.0"), "r".into()), "r, until a restart: no room");
        assert_eq!(withheld.remark(&key("1.0.0"), "r".into()), "r");
    }
}
