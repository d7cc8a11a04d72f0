//! Following the folder of models.

use super::Models;
use super::admission::{Key, is_archive};
use super::shelf::State;
use super::start::key_of;
use super::table::spelled;
use semver::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use undertone_bundle::{Found, MANIFEST_FILE};
use undertone_core::Model;

/// Which candidates of the folder of models are looked at.
#[derive(Debug, Clone)]
pub(super) enum Touched {
    /// Those that nobody has seen yet.
    Unknown,
    /// Those at, below or above these paths.
    Paths(Vec<PathBuf>),
    /// All.
    All,
}

impl Models {
    /// Follows the folder of models, while it can be read: loads what its policy keeps, and lets go of what is not there any more.
    pub(super) async fn follow_folder(self: &Arc<Self>, touched: &Touched) {
        // Cannot fail: what cannot be read is noted.
        let by_name = self.blocking(|models| Ok(models.folder().by_name())).await.unwrap_or_default();
        if self.folder_problem().is_some() {
            return;
        }
        self.let_go_of_removed(touched);
        for (name, found) in by_name {
            let candidates = found.into_iter().filter(|found| self.is_to_be_looked_at(found, touched));
            let mut candidates: Vec<Found> = candidates.collect();
            while let Some(next) = self.next_of(&name, &candidates) {
                candidates.retain(|found| found.version != next.version);
                let key = key_of(&next);
                match self.bring(&key, &next.path, None).await {
                    Ok(held) => {
                        let gone = self.switch(&key, held, &[]);
                        tracing::info!(
                            model = spelled(&key),
                            draining = gone.len(),
                            "loaded from the folder"
                        );
                    }
                    // It was logged where it failed, and is looked at again when its files change.
                    Err(error) => tracing::debug!(model = spelled(&key), %error, "not loaded"),
                }
            }
        }
    }

    /// The best of `candidates` that the policy would keep beside what is ready.
    fn next_of(&self, name: &str, candidates: &[Found]) -> Option<Found> {
        self.best_beside(self.shelf().ready_of(name), name, candidates)
    }

    /// The best of `candidates` that the policy would keep beside the versions `ready`.
    pub(super) fn best_beside(&self, ready: Vec<Version>, name: &str, candidates: &[Found]) -> Option<Found> {
        let all = candidates.iter().map(|found| found.version.clone()).chain(ready).collect();
        let kept = self.policy_of(name).keep(all);
        kept.iter().find_map(|version| candidates.iter().find(|found| found.version == *version)).cloned()
    }

    fn is_to_be_looked_at(&self, found: &Found, touched: &Touched) -> bool {
        let shelf = self.shelf();
        let key = key_of(found);
        let state = shelf.state_of(&key);
        let is_touched = match touched {
            Touched::Unknown => state.is_none(),
            Touched::All => true,
            Touched::Paths(paths) => {
                paths.iter().any(|path| path.starts_with(&found.path) || found.path.starts_with(path))
            }
        };
        let is_in_service = matches!(state, Some(State::Ready | State::Loading | State::Draining));
        let is_there = is_archive(&found.path) || found.path.join(MANIFEST_FILE).exists();
        is_touched && is_there && !is_in_service && !shelf.withheld.contains(&key)
    }

    /// A version whose bundle was removed from the folder goes, unless it is the last one of its model: a folder that is
    /// not there for a moment must not take a model away.
    fn let_go_of_removed(&self, touched: &Touched) {
        let (Touched::Paths(_) | Touched::All) = touched else { return };
        let root = self.folder().path.clone();
        self.forget_refused(&root);
        let mut going = Vec::new();
        {
            let shelf = self.shelf();
            for (key, model) in shelf.ready() {
                let Some(version) = shelf.versions.get(key) else { continue };
                if !version.path.starts_with(&root) || version.path.exists() {
                    continue;
                }
                let others = shelf.ready_of(&key.0).len()
                    - going.iter().filter(|(name, _): &&Key| *name == key.0).count();
                if others > 1 {
                    going.push(key.clone());
                } else {
                    let model = model.reference();
                    tracing::warn!(%model, "its bundle was removed; it is the last version and stays in service");
                }
            }
        }
        if !going.is_empty() {
            self.take_out(&going, "its bundle was removed from the folder");
        }
    }

    /// A version that was refused is not told of any more once its bundle is not in the folder `root`.
    fn forget_refused(&self, root: &Path) {
        let mut shelf = self.shelf();
        let known = shelf.versions.len();
        shelf.versions.retain(|_, version| {
            let is_there = !version.path.starts_with(root) || version.path.exists();
            is_there || version.stage.state() != State::Refused
        });
        if shelf.versions.len() < known {
            self.publish(&shelf);
        }
    }
}
