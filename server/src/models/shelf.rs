//! Every version that the server knows of, and what became of it.

use super::admission::{Key, reference_of};
use super::unpacked::Unpacked;
use super::withheld::Withheld;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use undertone_bundle::Provenance;
use undertone_core::ModelRef;
use undertone_plugin_host::{KeptPlugins, LoadedModel};

/// Versions of one model that are not served any more and still listed; of more, the oldest are forgotten.
const REMEMBERED: usize = 8;

/// Every version that the server knows of.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) versions: BTreeMap<Key, Version>,
    /// Versions that were taken out of service by hand.
    pub(super) withheld: Withheld,
}

/// One version.
pub(super) struct Version {
    /// The bundle's folder or archive.
    pub(super) path: PathBuf,
    pub(super) stage: Stage,
}

/// What becomes of a version.
pub(super) enum Stage {
    /// It is being checked and tried.
    Loading,
    /// It takes new streams.
    Ready(Held),
    /// It takes no new streams.
    Draining { held: Weak<LoadedModel>, parts: Parts, reason: String },
    /// It cannot be served.
    Refused { reason: String },
    /// It was served.
    Unloaded { reason: String },
}

/// A model in service.
pub(super) struct Held {
    pub(super) model: Arc<LoadedModel>,
    pub(super) parts: Parts,
}

/// What is given up when nobody has a model any more, by the janitor and nobody else: it takes a while.
pub(super) struct Parts {
    pub(super) _plugins: KeptPlugins,
    /// The folder of a bundle that came as an archive.
    pub(super) _unpacked: Option<Unpacked>,
    pub(super) signed_by: String,
}

/// What a version is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Loading,
    Ready,
    Draining,
    Refused,
    Unloaded,
}

/// A version as others see it.
#[derive(Debug, Clone)]
pub(crate) struct VersionView {
    pub(crate) reference: ModelRef,
    pub(crate) path: PathBuf,
    pub(crate) state: State,
    /// Why it is not ready; empty for one that is.
    pub(crate) reason: String,
    pub(crate) signed_by: String,
}

impl State {
    pub(crate) const ALL: [Self; 5] =
        [Self::Loading, Self::Ready, Self::Draining, Self::Refused, Self::Unloaded];

    /// Stable name for metrics and people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Refused => "refused",
            Self::Unloaded => "unloaded",
        }
    }
}

impl Held {
    pub(super) fn new(model: Arc<LoadedModel>, unpacked: Option<Unpacked>) -> Self {
        let signed_by = match model.provenance() {
            Provenance::Signed { key, .. } => key.clone(),
            Provenance::NotLookedAt | Provenance::Doubtful(_) => String::new(),
        };
        let parts = Parts { _plugins: model.keep_plugins(), _unpacked: unpacked, signed_by };
        Self { model, parts }
    }

    /// Holds it for as long as somebody else does.
    fn draining(self, reason: &str) -> Stage {
        Stage::Draining { held: Arc::downgrade(&self.model), parts: self.parts, reason: reason.to_owned() }
    }
}

impl Stage {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Loading => State::Loading,
            Self::Ready(_) => State::Ready,
            Self::Draining { .. } => State::Draining,
            Self::Refused { .. } => State::Refused,
            Self::Unloaded { .. } => State::Unloaded,
        }
    }
}

impl Version {
    fn view(&self, key: &Key) -> VersionView {
        let (reason, signed_by) = match &self.stage {
            Stage::Loading => ("it is being checked and tried", ""),
            Stage::Ready(held) => ("", held.parts.signed_by.as_str()),
            Stage::Draining { reason, parts, .. } => (reason.as_str(), parts.signed_by.as_str()),
            Stage::Refused { reason } | Stage::Unloaded { reason } => (reason.as_str(), ""),
        };
        VersionView {
            reference: reference_of(key),
            path: self.path.clone(),
            state: self.stage.state(),
            reason: reason.to_owned(),
            signed_by: signed_by.to_owned(),
        }
    }
}

impl Shelf {
    /// Every version, by name and then by version.
    pub(super) fn views(&self) -> Vec<VersionView> {
        self.versions.keys().map(|key| self.view(key)).collect()
    }

    pub(super) fn view(&self, key: &Key) -> VersionView {
        let forgotten = || Version {
            path: PathBuf::new(),
            stage: Stage::Unloaded { reason: "it was served before".to_owned() },
        };
        let view = self.versions.get(key).map_or_else(|| forgotten().view(key), |version| version.view(key));
        VersionView { reason: self.withheld.remark(key, view.reason), ..view }
    }

    pub(super) fn put(&mut self, key: Key, path: &Path, stage: Stage) {
        self.versions.insert(key, Version { path: path.to_owned(), stage });
    }

    pub(super) fn state_of(&self, key: &Key) -> Option<State> {
        self.versions.get(key).map(|version| version.stage.state())
    }

    /// Models in service.
    pub(super) fn ready(&self) -> impl Iterator<Item = (&Key, &Arc<LoadedModel>)> {
        self.versions.iter().filter_map(|(key, version)| match &version.stage {
            Stage::Ready(held) => Some((key, &held.model)),
            _ => None,
        })
    }

    /// The versions of `name` in service.
    pub(super) fn ready_of(&self, name: &str) -> Vec<semver::Version> {
        let of_name = self.ready().filter(|((own, _), _)| own == name);
        of_name.map(|((_, version), _)| version.clone()).collect()
    }

    /// Lets a ready version take no more streams; `None` when it is not ready.
    pub(super) fn retire(&mut self, key: &Key, reason: &str) -> Option<ModelRef> {
        let version = self.versions.get_mut(key)?;
        let nothing = Stage::Unloaded { reason: reason.to_owned() };
        match std::mem::replace(&mut version.stage, nothing) {
            Stage::Ready(held) => {
                let reference = reference_of(key);
                version.stage = held.draining(reason);
                Some(reference)
            }
            other => {
                version.stage = other;
                None
            }
        }
    }

    /// Versions that drained and that nobody has any more.
    pub(super) fn drained(&self) -> Vec<Key> {
        let is_over = |version: &Version| matches!(&version.stage, Stage::Draining { held, .. } if held.strong_count() == 0);
        self.versions.iter().filter(|(_, version)| is_over(version)).map(|(key, _)| key.clone()).collect()
    }

    /// Ends the draining of a version; gives what is left of it.
    pub(super) fn unload(&mut self, key: &Key) -> Option<Parts> {
        let version = self.versions.get_mut(key)?;
        let Stage::Draining { reason, .. } = &version.stage else { return None };
        let unloaded = Stage::Unloaded { reason: reason.clone() };
        let Stage::Draining { parts, .. } = std::mem::replace(&mut version.stage, unloaded) else {
            return None;
        };
        self.forget_the_oldest(&key.0);
        Some(parts)
    }

    fn forget_the_oldest(&mut self, name: &str) {
        let unloaded =
            |key: &Key, version: &Version| key.0 == name && version.stage.state() == State::Unloaded;
        let all: Vec<Key> = self
            .versions
            .iter()
            .filter(|(key, version)| unloaded(key, version))
            .map(|(key, _)| key.clone())
            .collect();
        for key in all.iter().take(all.len().saturating_sub(REMEMBERED)) {
            self.versions.remove(key);
        }
    }
}
