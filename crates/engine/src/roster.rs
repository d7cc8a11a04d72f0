//! The models of which a worker makes instances before its first stream.

use std::sync::Arc;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use undertone_core::{Model, ModelRef};

/// The models of which a worker makes instances before its first stream. Workers look here when they start, and
/// nowhere else: what happens later they are told.
#[derive(Default)]
pub(crate) struct Roster {
    models: RwLock<Vec<Arc<dyn Model>>>,
}

impl Roster {
    pub(crate) fn new(models: &[Arc<dyn Model>]) -> Self {
        Self { models: RwLock::new(models.to_vec()) }
    }

    /// The models as they are now. While this is held, none comes and none goes.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, Vec<Arc<dyn Model>>> {
        self.models.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, model: Arc<dyn Model>) {
        self.models.write().unwrap_or_else(PoisonError::into_inner).push(model);
    }

    pub(crate) fn remove(&self, reference: &ModelRef) {
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        models.retain(|model| model.reference() != reference);
    }
}
