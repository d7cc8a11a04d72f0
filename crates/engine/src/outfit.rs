//! Models that come and go while workers run.
//!
//! Making and destroying instances takes time that no stream should wait for, so neither happens on a worker: instances
//! are made by whoever loads a model and handed over, and handed back by the workers when nobody needs them any more.

use crate::scoring::ModelClassifiers;
use std::sync::Arc;
use undertone_core::{Extractor, Model, PluginError};

/// Instances of one model, one set for each worker, made and tried on the thread that called
/// [`Engine::outfit`](crate::Engine::outfit).
pub struct Outfit {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) classifiers: Vec<ModelClassifiers>,
}

/// What a worker had of a model. Dropping it destroys the instances, which may take a while.
#[derive(Default)]
pub struct Leftovers {
    pub(crate) classifiers: Option<ModelClassifiers>,
    pub(crate) extractors: Vec<Box<dyn Extractor>>,
}

impl Outfit {
    pub(crate) fn make(model: Arc<dyn Model>, workers: usize) -> Result<Self, PluginError> {
        let mut classifiers = Vec::with_capacity(workers);
        for _ in 0..workers {
            let mut made = ModelClassifiers::make(model.as_ref())?;
            made.warm_up(model.as_ref())?;
            classifiers.push(made);
        }
        Ok(Self { model, classifiers })
    }
}

impl std::fmt::Debug for Leftovers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leftovers").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl Leftovers {
    /// Instances in it.
    pub fn count(&self) -> usize {
        self.extractors.len() + self.classifiers.as_ref().map_or(0, ModelClassifiers::count)
    }
}
