//! Slopes of the loss by parameter name.

use std::collections::BTreeMap;

/// The gradient of every learnt parameter that took part.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Gradients {
    pub(crate) by_name: BTreeMap<String, Vec<f32>>,
}

impl Gradients {
    /// Adds what one use of `part` of `layer` contributes.
    pub(super) fn add(&mut self, layer: &str, part: &str, slope: Vec<f32>) {
        match self.by_name.entry(format!("{layer}.{part}")) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(slope);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.get_mut().iter_mut().zip(slope).for_each(|(total, value)| *total += value);
            }
        }
    }
}
