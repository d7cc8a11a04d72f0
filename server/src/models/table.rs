//! The table of models: what can be asked now, and what is known beside.

use super::admission::{Admission, Key, reference_of};
use super::shelf::{Held, Shelf, Stage, State, VersionView};
use super::start::{Folder, Initial};
use super::withheld::Record;
use super::{ModelSettings, VersionPolicy, janitor, watch};
use arc_swap::ArcSwap;
use semver::Version;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch as latest;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use undertone_core::Model;
use undertone_engine::Engine;
use undertone_plugin_host::{LoadedModel, PluginCounter, Registry};
use undertone_telemetry::Metrics;

/// The models that are served. Reading the ready ones takes no lock.
pub struct Models {
    ready: ArcSwap<Registry>,
    /// Held for moments only, and never across an await.
    shelf: Mutex<Shelf>,
    folder: Mutex<Folder>,
    pub(super) admission: Admission,
    /// Where it is kept which versions were taken out by hand.
    pub(super) record: Record,
    pub(super) engine: Arc<Engine>,
    pub(super) settings: ModelSettings,
    /// One permit for each version that may be loaded at a time.
    pub(super) loads: Arc<Semaphore>,
    /// Told when nobody has some model any more.
    pub(super) freed: Arc<Notify>,
    /// Counts the changes.
    changes: latest::Sender<u64>,
    pub(super) metrics: Arc<Metrics>,
}

impl Models {
    /// The table with the models that the engine began with.
    pub(crate) fn new(
        initial: Initial,
        settings: ModelSettings,
        engine: Arc<Engine>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let Initial { admission, shelf, folder, record } = initial;
        let models = Arc::new(Self {
            ready: ArcSwap::from_pointee(Registry::default()),
            shelf: Mutex::new(shelf),
            folder: Mutex::new(folder),
            admission,
            record,
            engine,
            loads: Arc::new(Semaphore::new(settings.max_loads.max(1))),
            settings,
            freed: Arc::default(),
            changes: latest::Sender::new(0),
            metrics,
        });
        let shelf = models.shelf();
        shelf.ready().for_each(|(_, model)| models.follow(model));
        models.publish(&shelf);
        drop(shelf);
        models
    }

    /// The tasks that free what nobody has any more and that watch the folder, until `stop`.
    pub(crate) fn start_tasks(self: &Arc<Self>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
        let mut tasks = vec![tokio::spawn(janitor::run(self.clone(), stop.clone()))];
        if self.settings.watch {
            tasks.extend(watch::start(self, stop));
        }
        tasks
    }

    /// The model `NAME@VERSION`, or for `NAME` the latest that is ready.
    pub fn resolve(&self, wanted: &str) -> Result<Arc<LoadedModel>, String> {
        self.ready.load().resolve(wanted).cloned().map_err(|error| error.to_string())
    }

    /// The ready models as they are now.
    pub fn ready(&self) -> Arc<Registry> {
        self.ready.load_full()
    }

    /// A version that takes no new streams, while somebody still has it.
    pub(crate) fn still_held(&self, reference: &str) -> Option<Arc<LoadedModel>> {
        let key = key_named(reference)?;
        match &self.shelf().versions.get(&key)?.stage {
            Stage::Draining { held, .. } => held.upgrade(),
            _ => None,
        }
    }

    /// Every version that is known.
    pub(crate) fn versions(&self) -> Vec<VersionView> {
        self.shelf().views()
    }

    /// Streams that a version answers now.
    pub(crate) fn live_streams(&self, version: &VersionView) -> u32 {
        if !matches!(version.state, State::Ready | State::Draining) {
            return 0;
        }
        let model = version.reference.to_string();
        let open = self.metrics.engine.streams_open.with_label_values(&[&model]).get();
        u32::try_from(open).unwrap_or(0)
    }

    /// What the plugins count.
    pub(crate) fn plugin_counters(&self) -> Vec<PluginCounter> {
        self.admission.plugin_counters()
    }

    /// Why the folder of models cannot be read, if it cannot.
    pub(crate) fn folder_problem(&self) -> Option<(PathBuf, String)> {
        let folder = self.folder();
        Some((folder.path.clone(), folder.problem.clone()?))
    }

    /// Whether callers may change the set of models.
    pub(crate) fn may_be_controlled(&self) -> bool {
        self.settings.remote_control
    }

    /// Tells when the set changes.
    pub(crate) fn changes(&self) -> latest::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn folder(&self) -> MutexGuard<'_, Folder> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn policy_of(&self, name: &str) -> &VersionPolicy {
        self.settings.policies.of(name)
    }

    /// Has the janitor told when nobody has the model any more.
    fn follow(&self, model: &LoadedModel) {
        let freed = self.freed.clone();
        model.when_nobody_has_it(move || freed.notify_one());
    }

    /// Puts a version into service and takes those out of it that the policy does not keep, and those in `going`. Nobody
    /// sees anything in between. Gives the versions that went.
    pub(super) fn switch(&self, key: &Key, incoming: Option<Held>, going: &[(Key, &str)]) -> Vec<Key> {
        let mut shelf = self.shelf();
        let before = self.ready.load().resolve(&key.0).map(|model| model.reference().clone()).ok();
        if let (Some(held), Some(version)) = (incoming, shelf.versions.get_mut(key)) {
            self.follow(&held.model);
            version.stage = Stage::Ready(held);
        }
        let mut gone = Vec::new();
        let policy = self.policy_of(&key.0);
        let stays: Vec<Version> = shelf
            .ready_of(&key.0)
            .into_iter()
            .filter(|own| going.iter().all(|(going, _)| &going.1 != own))
            .collect();
        let kept = policy.keep(stays.clone());
        let by_policy = stays.into_iter().filter(|own| !kept.contains(own) && *own != key.1);
        let reason = format!("the policy of {} is {policy}", key.0);
        let by_policy = by_policy.map(|version| ((key.0.clone(), version), reason.as_str()));
        for (key, reason) in going.iter().cloned().chain(by_policy) {
            if let Some(reference) = shelf.retire(&key, reason) {
                self.engine.let_go(&reference);
                gone.push(key);
            }
        }
        self.publish(&shelf);
        let after = self.ready.load().resolve(&key.0).map(|model| model.reference().clone()).ok();
        if before.is_some() && after.is_some() && before != after {
            self.metrics.models.swaps.inc();
        }
        gone
    }

    /// Takes versions out of service.
    pub(super) fn take_out(&self, keys: &[Key], reason: &str) {
        let mut shelf = self.shelf();
        for key in keys {
            if let Some(reference) = shelf.retire(key, reason) {
                self.engine.let_go(&reference);
            }
        }
        self.publish(&shelf);
    }

    /// Makes the table what the shelf says, and tells everybody.
    pub(super) fn publish(&self, shelf: &Shelf) {
        self.ready.store(Arc::new(Registry::new(shelf.ready().map(|(_, model)| model.clone()))));
        for state in State::ALL {
            let count = shelf.versions.values().filter(|version| version.stage.state() == state).count();
            let gauge = self.metrics.models.versions.with_label_values(&[state.name()]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.changes.send_modify(|count| *count += 1);
    }

    /// Takes a draining version back into service, if somebody still has it.
    pub(super) fn revive(&self, shelf: &mut Shelf, key: &Key) -> Option<()> {
        let version = shelf.versions.get_mut(key)?;
        let Stage::Draining { held, .. } = &version.stage else { return None };
        let model = held.upgrade()?;
        let unloaded = Stage::Unloaded { reason: String::new() };
        let Stage::Draining { parts, .. } = std::mem::replace(&mut version.stage, unloaded) else {
            return None;
        };
        version.stage = Stage::Ready(Held { model: model.clone(), parts });
        self.engine.hold(model);
        Some(())
    }
}

/// The key that `NAME@VERSION` spells.
pub(super) fn key_named(reference: &str) -> Option<Key> {
    let (name, version) = reference.split_once('@')?;
    Some((name.to_owned(), Version::parse(version).ok()?))
}

/// A key for people.
pub(super) fn spelled(key: &Key) -> String {
    reference_of(key).to_string()
}
