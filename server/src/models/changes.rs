//! Changes of the set of models: load, go back.

use super::admission::{Brought, Key, Opened, reference_of};
use super::shelf::{Held, Stage, State, VersionView};
use super::table::{key_named, spelled};
use super::{Models, ModelsError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;
use undertone_core::Model;

/// Why a version is not served that was gone back from.
const ROLLED_BACK: &str = "it was rolled back";

/// What is to be loaded.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// `NAME@VERSION`, or `NAME` for the latest in the folder of models.
    Named(String),
    /// A bundle's folder or archive.
    At(PathBuf),
}

/// What a load changed.
pub(crate) struct Loaded {
    pub(crate) version: VersionView,
    pub(crate) draining: Vec<VersionView>,
}

impl Models {
    /// Loads a version and puts it into service. It goes on when the caller leaves.
    pub(crate) async fn load(self: &Arc<Self>, wanted: Wanted) -> Result<Loaded, ModelsError> {
        let models = self.clone();
        spawned(async move { models.load_now(wanted).await }).await
    }

    /// Goes back to the version before the one that answers for `name`.
    pub(crate) async fn roll_back(
        self: &Arc<Self>,
        name: &str,
    ) -> Result<(VersionView, VersionView), ModelsError> {
        let (models, name) = (self.clone(), name.to_owned());
        spawned(async move { models.roll_back_now(&name).await }).await
    }

    async fn load_now(self: &Arc<Self>, wanted: Wanted) -> Result<Loaded, ModelsError> {
        let (key, path, brought) = match wanted {
            Wanted::Named(name) => {
                let (key, path) = self.blocking(move |models| models.find(&name)).await?;
                (key, path, None)
            }
            Wanted::At(path) => {
                let turn = self.turn().await?;
                let what = path.display().to_string();
                let opened = self.blocking(move |models| models.open_at(&path));
                let opened = self.in_time(what, opened).await?;
                self.is_as_loaded(&opened)?;
                (opened.key(), opened.path.clone(), Some(Brought { opened, turn }))
            }
        };
        self.fits_the_policy(&key)?;
        let held = self.bring(&key, &path, brought).await?;
        let was_withheld = self.shelf().withheld.versions.remove(&key).is_some();
        let gone = self.switch(&key, held, &[]);
        if was_withheld {
            self.record_withheld().await;
        }
        tracing::info!(model = spelled(&key), draining = gone.len(), "loaded by hand");
        Ok(Loaded { version: self.view(&key), draining: gone.iter().map(|key| self.view(key)).collect() })
    }

    async fn roll_back_now(self: &Arc<Self>, name: &str) -> Result<(VersionView, VersionView), ModelsError> {
        let current = self.answering(name)?;
        let from = current.clone();
        let before = self.blocking(move |models| Ok(models.before(&from))).await?;
        let (target, path) = before.ok_or_else(|| {
            let (name, version) = &current;
            ModelsError::Conflict(format!("there is no version of {name} before {version} to go back to"))
        })?;
        let held = self.bring(&target, &path, None).await?;
        self.shelf().withheld.versions.insert(current.clone(), ROLLED_BACK.to_owned());
        self.switch(&target, held, &[(current.clone(), ROLLED_BACK)]);
        self.record_withheld().await;
        tracing::info!(from = spelled(&current), to = spelled(&target), "rolled back");
        Ok((self.view(&target), self.view(&current)))
    }

    /// Makes a version ready for service. `None` when it is in service already.
    pub(super) async fn bring(
        self: &Arc<Self>,
        key: &Key,
        path: &Path,
        brought: Option<Brought>,
    ) -> Result<Option<Held>, ModelsError> {
        if !self.claim(key, path).await? {
            return Ok(None);
        }
        let begun = Instant::now();
        let brought = self.admit(key, path, brought).await;
        let metrics = &self.metrics.models;
        metrics.load_seconds.observe(begun.elapsed().as_secs_f64());
        let outcome = if brought.is_ok() { "ready" } else { "refused" };
        metrics.loads.with_label_values(&[outcome]).inc();
        if let Err(error) = &brought {
            tracing::error!(bundle = %path.display(), %error, "a bundle is refused");
            let mut shelf = self.shelf();
            shelf.put(key.clone(), path, Stage::Refused { reason: error.to_string() });
            self.publish(&shelf);
        }
        brought.map(Some)
    }

    /// Marks a version as being loaded; false when it is in service. One that drains is taken back into service while
    /// somebody has it, and waited for otherwise, which takes a moment.
    async fn claim(&self, key: &Key, path: &Path) -> Result<bool, ModelsError> {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            {
                let mut shelf = self.shelf();
                match shelf.state_of(key) {
                    Some(State::Ready) => return Ok(false),
                    Some(State::Loading) => {
                        return Err(ModelsError::Conflict(format!(
                            "{} is being loaded already",
                            spelled(key)
                        )));
                    }
                    Some(State::Draining) if self.revive(&mut shelf, key).is_some() => return Ok(false),
                    Some(State::Draining) => {}
                    Some(State::Refused | State::Unloaded) | None => {
                        shelf.put(key.clone(), path, Stage::Loading);
                        self.publish(&shelf);
                        return Ok(true);
                    }
                }
            }
            changes.changed().await.map_err(|_| ModelsError::Lost)?;
        }
    }

    /// Opens, loads and tries a bundle, and gives every worker its instances.
    async fn admit(
        self: &Arc<Self>,
        key: &Key,
        path: &Path,
        brought: Option<Brought>,
    ) -> Result<Held, ModelsError> {
        let (opened, _turn) = match brought {
            Some(Brought { opened, turn }) => (Some(opened), turn),
            None => (None, self.turn().await?),
        };
        let what = spelled(key);
        let (key, path) = (key.clone(), path.to_owned());
        let loaded = self.blocking(move |models| {
            let opened = opened.map_or_else(|| models.admission.open(&path), Ok)?.belongs_to(&key)?;
            let held = Held::new(models.admission.load(opened.bundle)?, opened.unpacked);
            let outfit = models.engine.outfit(held.model.clone()).map_err(|source| {
                let model = reference_of(&key);
                ModelsError::Instances { model, source: Box::new(source) }
            })?;
            Ok((held, outfit))
        });
        let (held, outfit) = self.in_time(what, loaded).await?;
        self.engine.adopt(outfit).await;
        Ok(held)
    }

    /// What `work` on a bundle gives, unless it takes too long. A thread that hangs in a plugin cannot be ended, but nobody else
    /// waits for it.
    async fn in_time<T>(
        &self,
        what: String,
        work: impl Future<Output = Result<T, ModelsError>>,
    ) -> Result<T, ModelsError> {
        let within = self.settings.load_within;
        tokio::time::timeout(within, work).await.unwrap_or(Err(ModelsError::TooSlow { what, within }))
    }

    /// Waits until one more version may be loaded.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, ModelsError> {
        self.loads.clone().acquire_owned().await.map_err(|_| ModelsError::Lost)
    }

    pub(super) fn view(&self, key: &Key) -> VersionView {
        self.shelf().view(key)
    }

    /// The version that answers for a name.
    fn answering(&self, name: &str) -> Result<Key, ModelsError> {
        let model = self.resolve(name).map_err(ModelsError::Unknown)?;
        let key = key_named(&model.reference().to_string()).filter(|key| key.0 == name);
        key.ok_or_else(|| ModelsError::Unknown(format!("give a model's name, without a version: {name:?}")))
    }

    /// Opens a bundle of which nothing is known before.
    fn open_at(&self, path: &Path) -> Result<Opened, ModelsError> {
        let opened = self.admission.open(path);
        if let Err(error) = &opened {
            tracing::error!(bundle = %path.display(), %error, "a bundle is refused");
            self.metrics.models.loads.with_label_values(&["refused"]).inc();
        }
        opened
    }

    /// A version never means two things: while anybody has it, no other bundle of that number is loaded.
    fn is_as_loaded(&self, opened: &Opened) -> Result<(), ModelsError> {
        let key = opened.key();
        let shelf = self.shelf();
        let loaded = match shelf.versions.get(&key).map(|version| &version.stage) {
            Some(Stage::Ready(held)) => Some(held.model.clone()),
            Some(Stage::Draining { held, .. }) => held.upgrade(),
            _ => None,
        };
        if loaded.is_none_or(|loaded| loaded.manifest() == opened.bundle.manifest()) {
            return Ok(());
        }
        let name = spelled(&key);
        Err(ModelsError::Conflict(format!("another {name} is loaded: ship a change as another version")))
    }
}

impl Models {
    /// Does what takes its time on a thread that may wait.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, ModelsError> + Send + 'static,
    ) -> Result<T, ModelsError> {
        let models = self.clone();
        tokio::task::spawn_blocking(move || work(&models)).await.unwrap_or(Err(ModelsError::Lost))
    }
}

pub(super) async fn spawned<T: Send + 'static>(
    work: impl Future<Output = Result<T, ModelsError>> + Send + 'static,
) -> Result<T, ModelsError> {
    tokio::spawn(work).await.unwrap_or(Err(ModelsError::Lost))
}
