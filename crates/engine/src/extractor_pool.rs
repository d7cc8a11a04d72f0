//! Extractor instances that wait for their next stream.

use std::collections::HashMap;
use undertone_core::{Extractor, Model, ModelRef, PluginError};

/// More idle instances than this per model are given up.
const IDLE_PER_MODEL: usize = 32;

/// One worker's idle extractors.
#[derive(Default)]
pub(crate) struct ExtractorPool {
    idle: HashMap<ModelRef, Vec<Box<dyn Extractor>>>,
}

impl ExtractorPool {
    /// An idle instance, or a new one.
    pub(crate) fn take(&mut self, model: &dyn Model) -> Result<Box<dyn Extractor>, PluginError> {
        match self.idle.get_mut(model.reference()).and_then(Vec::pop) {
            Some(extractor) => Ok(extractor),
            None => model.new_extractor(),
        }
    }

    /// Takes an instance back that was reset.
    pub(crate) fn put_back(&mut self, model: &ModelRef, extractor: Box<dyn Extractor>) {
        let idle = self.idle.entry(model.clone()).or_default();
        if idle.len() < IDLE_PER_MODEL {
            idle.push(extractor);
        }
    }

    /// Gives up the model's idle instances.
    pub(crate) fn give_up(&mut self, model: &ModelRef) -> Vec<Box<dyn Extractor>> {
        self.idle.remove(model).unwrap_or_default()
    }
}
