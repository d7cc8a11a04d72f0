//! A graph made ready for the sizes of batches that come.

use crate::graph::Graph;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tract_onnx::prelude::TypedRunnableModel;

/// Larger batches go in several runs, and so do those between two sizes.
const LARGEST: usize = 16;

/// A graph made ready for batches of 1, 2, 4 and so on up to [`LARGEST`]: a graph must know the size of its batch before it is
/// made ready, and that takes as long as many runs. All instances share them.
#[derive(Debug)]
pub(crate) struct Plans {
    graph: Graph,
    ready: Mutex<BTreeMap<usize, Arc<TypedRunnableModel>>>,
}

impl Plans {
    /// With the one for single utterances and streams.
    pub(crate) fn new(graph: Graph) -> Result<Self, String> {
        let plans = Self { graph, ready: Mutex::default() };
        plans.of(1)?;
        Ok(plans)
    }

    /// That for batches of `size`, a power of two.
    pub(crate) fn of(&self, size: usize) -> Result<Arc<TypedRunnableModel>, String> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = ready.get(&size) {
            return Ok(plan.clone());
        }
        let plan = self.graph.plan(size)?;
        ready.insert(size, plan.clone());
        Ok(plan)
    }
}

/// The sizes of the runs that a batch goes in, the largest first.
pub(crate) fn sizes(batch: usize) -> impl Iterator<Item = usize> {
    let mut left = batch;
    std::iter::from_fn(move || {
        let size = LARGEST.min(1 << left.checked_ilog2()?);
        left -= size;
        Some(size)
    })
}

/// All sizes that batches of up to `usual` streams go in.
pub(crate) fn sizes_up_to(usual: usize) -> impl Iterator<Item = usize> {
    let powers = (0..=LARGEST.ilog2()).map(|power| 1 << power);
    powers.take_while(move |&size| size <= usual.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_in_runs_of_few_sizes() {
        for batch in 0..100 {
            let parts: Vec<usize> = sizes(batch).collect();
            assert_eq!(parts.iter().sum::<usize>(), batch);
            assert!(parts.iter().all(|part| part.is_power_of_two() && *part <= LARGEST), "{parts:?}");
        }
        assert_eq!(sizes(13).collect::<Vec<_>>(), [8, 4, 1]);
        assert_eq!(sizes(35).collect::<Vec<_>>(), [16, 16, 2, 1]);
    }

    #[test]
    fn what_is_usual_is_made_ready_beforehand() {
        assert_eq!(sizes_up_to(0).collect::<Vec<_>>(), [1]);
        assert_eq!(sizes_up_to(9).collect::<Vec<_>>(), [1, 2, 4, 8]);
        assert_eq!(sizes_up_to(1000).collect::<Vec<_>>(), [1, 2, 4, 8, 16]);
    }
}
