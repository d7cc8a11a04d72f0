//! Taking versions out of service by hand.

use super::admission::Key;
use super::changes::spawned;
use super::shelf::{State, VersionView};
use super::start::key_of;
use super::table::{key_named, spelled};
use super::{Models, ModelsError};
use std::sync::Arc;
use undertone_bundle::Found;

/// Why a version is not served that was unloaded.
const UNLOADED: &str = "it was unloaded by hand";

impl Models {
    /// Takes `NAME@VERSION`, or every version of `NAME`, out of service. In place of a version comes what the policy keeps then,
    /// as after a restart; in place of all of them nothing.
    pub(crate) async fn unload(self: &Arc<Self>, wanted: &str) -> Result<Vec<VersionView>, ModelsError> {
        let (models, wanted) = (self.clone(), wanted.to_owned());
        spawned(async move { models.unload_now(&wanted).await }).await
    }

    async fn unload_now(self: &Arc<Self>, wanted: &str) -> Result<Vec<VersionView>, ModelsError> {
        let named = key_named(wanted);
        let fits = |key: &Key| named.as_ref().map_or(key.0 == wanted, |named| key == named);
        let keys: Vec<Key> = self.shelf().ready().map(|(key, _)| key.clone()).filter(fits).collect();
        if keys.is_empty() {
            return Err(ModelsError::Unknown(format!("no version that is served is called {wanted:?}")));
        }
        let withheld = keys.iter().map(|key| (key.clone(), UNLOADED.to_owned()));
        self.shelf().withheld.versions.extend(withheld);
        if let Some(key) = &named {
            self.bring_in_place_of(key).await;
        }
        self.take_out(&keys, UNLOADED);
        self.record_withheld().await;
        tracing::info!(model = wanted, "unloaded by hand");
        Ok(keys.iter().map(|key| self.view(key)).collect())
    }

    /// Puts into service what the policy keeps without `going`, which goes as soon as there is something else.
    async fn bring_in_place_of(self: &Arc<Self>, going: &Key) {
        let name = going.0.clone();
        let found = self.blocking(move |models| Ok(models.folder().by_name().remove(&name))).await;
        let mut candidates = found.ok().flatten().unwrap_or_default();
        candidates.retain(|found| self.may_take_a_place(found));
        while let Some(next) = self.next_without(going, &candidates) {
            candidates.retain(|found| found.version != next.version);
            let key = key_of(&next);
            match self.bring(&key, &next.path, None).await {
                Ok(held) => {
                    self.switch(&key, held, &[(going.clone(), UNLOADED)]);
                    tracing::info!(
                        model = spelled(&key),
                        instead_of = spelled(going),
                        "loaded from the folder"
                    );
                }
                // It was logged where it failed.
                Err(error) => tracing::debug!(model = spelled(&key), %error, "not loaded"),
            }
        }
    }

    /// What is refused stays so until its files change.
    fn may_take_a_place(&self, found: &Found) -> bool {
        let (shelf, key) = (self.shelf(), key_of(found));
        let has_a_stage =
            matches!(shelf.state_of(&key), Some(State::Ready | State::Loading | State::Refused));
        !has_a_stage && !shelf.withheld.contains(&key)
    }

    /// The best of `candidates` that the policy keeps beside what is ready, `going` apart.
    fn next_without(&self, going: &Key, candidates: &[Found]) -> Option<Found> {
        let mut ready = self.shelf().ready_of(&going.0);
        ready.retain(|version| *version != going.1);
        self.best_beside(ready, &going.0, candidates)
    }
}
