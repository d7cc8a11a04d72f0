//! The experiments that a server knows.

use super::kept::Kept;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use undertone_core::{Clock, UnixMicros};
use undertone_store::{ExperimentKey, ExperimentRow, ExperimentStore, StoreError};

/// The experiments that a server knows: the newest it has heard of, also while Postgres is away.
pub(crate) struct Catalog {
    store: Option<Arc<ExperimentStore>>,
    clock: Arc<dyn Clock>,
    kept: RwLock<Arc<Vec<Arc<Kept>>>>,
    /// Revisions that something was said about, so that it is not said with every stream.
    warned: Mutex<BTreeSet<(String, String, u64)>>,
}

impl Catalog {
    /// With a store, experiments are read from there; without one there are none.
    pub(crate) fn new(store: Option<Arc<ExperimentStore>>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, kept: RwLock::default(), warned: Mutex::default() }
    }

    pub(crate) fn store(&self) -> Option<&Arc<ExperimentStore>> {
        self.store.as_ref()
    }

    pub(crate) fn now(&self) -> UnixMicros {
        self.clock.now()
    }

    /// All, by name.
    pub(crate) fn all(&self) -> Arc<Vec<Arc<Kept>>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of one tenant.
    pub(crate) fn of(&self, tenant: &str) -> Vec<Arc<Kept>> {
        self.all().iter().filter(|kept| kept.tenant == tenant).cloned().collect()
    }

    pub(crate) fn find(&self, key: ExperimentKey<'_>) -> Option<Arc<Kept>> {
        self.all().iter().find(|kept| kept.key() == key).cloned()
    }

    /// Reads what is kept on this machine, for a start without Postgres.
    pub(crate) async fn recall(&self) -> Result<(), StoreError> {
        if let Some(store) = &self.store {
            self.take(store.known().await?);
        }
        Ok(())
    }

    /// Reads them anew. When that fails, what was known stays.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        if let Some(store) = &self.store {
            self.take(store.experiments().await?);
        }
        Ok(())
    }

    /// Warns about a revision of an experiment, once.
    pub(crate) fn warn_once(&self, kept: &Kept, sentence: &str) {
        if self.first_warning(kept.key(), kept.revision) {
            tracing::warn!(
                tenant = kept.tenant,
                experiment = kept.name(),
                sentence,
                "an experiment passes streams over"
            );
        }
    }

    fn take(&self, rows: Vec<ExperimentRow>) {
        let kept: Vec<Arc<Kept>> = rows.into_iter().filter_map(|row| self.understood(row)).collect();
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(kept);
    }

    fn understood(&self, row: ExperimentRow) -> Option<Arc<Kept>> {
        let (tenant, name, revision) = (row.tenant.clone(), row.name.clone(), row.revision);
        let read = Kept::from_row(row);
        if let Err(error) = &read
            && self.first_warning(ExperimentKey { tenant: &tenant, name: &name }, revision)
        {
            tracing::error!(tenant, experiment = name, revision, %error, "an experiment cannot be read and is left out");
        }
        read.ok().map(Arc::new)
    }

    fn first_warning(&self, key: ExperimentKey<'_>, revision: u64) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.insert((key.tenant.to_owned(), key.name.to_owned(), revision))
    }
}
