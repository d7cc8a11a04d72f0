//! Which version is meant.

use super::admission::Key;
use super::shelf::State;
use super::start::key_of;
use super::table::key_named;
use super::{Models, ModelsError};
use semver::Version;
use std::path::PathBuf;

impl Models {
    /// The latest version before `current` that can be gone back to, and where it lies.
    pub(super) fn before(&self, current: &Key) -> Option<(Key, PathBuf)> {
        let found = self.folder().by_name().remove(&current.0).unwrap_or_default();
        let mut known: Vec<(Version, PathBuf)> =
            found.into_iter().map(|found| (found.version, found.path)).collect();
        let shelf = self.shelf();
        for ((name, version), own) in &shelf.versions {
            if name == &current.0 && (own.path.exists() || own.stage.state() == State::Draining) {
                known.push((version.clone(), own.path.clone()));
            }
        }
        known.retain(|(version, _)| {
            let key = (current.0.clone(), version.clone());
            *version < current.1 && !shelf.withheld.contains(&key)
        });
        let versions = known.iter().map(|(version, _)| version.clone()).collect();
        let version = self.policy_of(&current.0).keep(versions).into_iter().next()?;
        let (version, path) = known.into_iter().find(|(own, _)| *own == version)?;
        Some(((current.0.clone(), version), path))
    }

    /// Where `NAME@VERSION` lies, or the latest version of `NAME`.
    pub(super) fn find(&self, name: &str) -> Result<(Key, PathBuf), ModelsError> {
        let mut folder = self.folder();
        let all = folder.by_name();
        let wanted = key_named(name);
        let bare = wanted.as_ref().map_or(name, |key| key.0.as_str());
        let found = all.get(bare).map(Vec::as_slice).unwrap_or_default();
        let version = match &wanted {
            Some((_, version)) => Some(version.clone()),
            None => {
                let versions = found.iter().map(|found| found.version.clone()).collect();
                self.policy_of(bare).keep(versions).into_iter().next()
            }
        };
        if let Some(found) = found.iter().find(|found| Some(&found.version) == version.as_ref()) {
            return Ok((key_of(found), found.path.clone()));
        }
        let shelf = self.shelf();
        let loaded_from = wanted.as_ref().and_then(|key| shelf.versions.get(key));
        match (wanted.clone(), loaded_from) {
            (Some(key), Some(version)) => Ok((key, version.path.clone())),
            _ => {
                let sentence = format!("there is no bundle of {name:?} in {}", folder.path.display());
                Err(ModelsError::Unknown(sentence))
            }
        }
    }

    /// A version that would go as soon as it came is not loaded.
    pub(super) fn fits_the_policy(&self, (name, version): &Key) -> Result<(), ModelsError> {
        let mut versions = self.shelf().ready_of(name);
        versions.push(version.clone());
        let policy = self.policy_of(name);
        if policy.keep(versions.clone()).contains(version) {
            return Ok(());
        }
        versions.pop();
        let served = versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let served = if served.is_empty() { "no version".to_owned() } else { served };
        Err(ModelsError::Conflict(format!(
            "the policy of {name} is {policy} and {served} is served, so {version} would not be: roll back, or set \
             models.policies.{name}"
        )))
    }
}
