//! What an extractor said about its frames, written beside its library, so that a bundle made for other frames is refused
//! before the library is loaded.
//!
//! ```toml
//! plugin = "logmel"
//! library = "sha256:..."        # of the file that said so
//!
//! [fingerprints]                # by the checksum of the recipe, as sorted JSON
//! "sha256:..." = "sha256:..."
//! ```

use crate::HostError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use undertone_bundle::{Checksum, Features};

/// Larger ones are not read.
const MAX_BYTES: u64 = 1 << 20;

/// What an extractor said about its frames, by recipe.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureNote {
    plugin: String,
    library: String,
    fingerprints: BTreeMap<String, String>,
}

impl FeatureNote {
    /// What the library in `library` said; nothing yet.
    pub(crate) fn of(plugin: &str, library: &Path) -> io::Result<Self> {
        let library = Checksum::of_reader(File::open(library)?)?.to_string();
        Ok(Self { plugin: plugin.to_owned(), library, fingerprints: BTreeMap::new() })
    }

    /// Notes the fingerprint of the frames that it makes by the recipe of `features`.
    pub(crate) fn add(&mut self, features: &Features, fingerprint: &str) {
        self.fingerprints.insert(key(features), fingerprint.to_owned());
    }

    /// Writes it beside the library; the file is the old one or the new one, never a part.
    pub(crate) fn write(&self, library: &Path) -> io::Result<PathBuf> {
        let path = path_beside(library);
        let unfinished = path.with_extension("unfinished");
        fs::write(&unfinished, toml::to_string(self).map_err(io::Error::other)?)?;
        fs::rename(&unfinished, &path)?;
        Ok(path)
    }

    /// The fingerprint that the library noted for the recipe of `features`, where that is another one than `features` has.
    /// `None` too where there is no note, or one of another library: then the library itself must be asked.
    pub(crate) fn contradiction(plugin: &str, library: &Path, features: &Features) -> Option<String> {
        let note = read(&path_beside(library))?;
        let noted = note.fingerprints.get(&key(features)).filter(|noted| **noted != features.fingerprint)?;
        // Only a note that would refuse a bundle is worth the time that the checksum of a library takes.
        let own = Self::of(plugin, library).ok()?;
        if (own.plugin, own.library) == (note.plugin, note.library) {
            return Some(noted.clone());
        }
        tracing::warn!(plugin, library = %library.display(), "the note beside the library is that of another one");
        None
    }
}

fn read(path: &Path) -> Option<FeatureNote> {
    let length = fs::metadata(path).ok()?.len();
    let read = (length <= MAX_BYTES).then(|| fs::read_to_string(path).ok())??;
    toml::from_str(&read)
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "a note about features cannot be read"),
        )
        .ok()
}

fn path_beside(library: &Path) -> PathBuf {
    library.with_extension("toml")
}

fn key(features: &Features) -> String {
    Checksum::of(features.recipe_json().as_bytes()).to_string()
}

/// The error of a note that cannot be written.
pub(crate) fn not_written(library: &Path, source: io::Error) -> HostError {
    HostError::Note { path: path_beside(library), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(fingerprint: &str, recipe: &str) -> Features {
        Features::from_recipe_json(fingerprint.to_owned(), 1, recipe).expect("an object")
    }

    #[test]
    fn a_note_contradicts_only_other_fingerprints_of_the_same_recipe_and_library() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = folder.path().join("libundertone_plugin_p.so");
        fs::write(&library, "one").expect("writable");
        let noted = features("f", r#"{"a": 1, "b": 2.5}"#);
        let mut note = FeatureNote::of("p", &library).expect("readable");
        note.add(&noted, "f");
        note.write(&library).expect("writable");

        let told = |plugin, features: &Features| FeatureNote::contradiction(plugin, &library, features);
        assert_eq!(told("p", &noted), None);
        assert_eq!(told("p", &features("g", r#"{"b": 2.5, "a": 1}"#)), Some("f".to_owned()));
        assert_eq!(told("p", &features("g", r#"{"a": 2}"#)), None, "nothing is known of that recipe");
        assert_eq!(told("q", &features("g", r#"{"a": 1, "b": 2.5}"#)), None, "it is another plugin's");
        fs::write(&library, "two").expect("writable");
        assert_eq!(told("p", &features("g", r#"{"a": 1, "b": 2.5}"#)), None, "the library is another one");
    }

    #[test]
    fn a_note_that_is_none_says_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = folder.path().join("libundertone_plugin_p.so");
        assert_eq!(FeatureNote::contradiction("p", &library, &features("f", "{}")), None);
        fs::write(path_beside(&library), "plugin = 1").expect("writable");
        assert_eq!(FeatureNote::contradiction("p", &library, &features("f", "{}")), None);
    }
}
