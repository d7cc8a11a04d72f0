//! Which streams a worker has, for whoever counts them.

use crate::Observer;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use undertone_core::{EndReason, ModelRef};

/// A worker's streams by model. When the worker is given up its streams are, whether its thread ever comes back to say so or
/// not.
pub(crate) struct Census {
    observer: Arc<dyn Observer>,
    /// Gone once the worker was given up.
    open: Mutex<Option<BTreeMap<ModelRef, u64>>>,
}

impl Census {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self { observer, open: Mutex::new(Some(BTreeMap::new())) }
    }

    pub(crate) fn opened(&self, model: &ModelRef) {
        if let Some(open) = &mut *self.open() {
            *open.entry(model.clone()).or_default() += 1;
            self.observer.stream_opened(model);
        }
    }

    pub(crate) fn closed(&self, model: &ModelRef, reason: EndReason) {
        if let Some(streams) = self.open().as_mut().and_then(|open| open.get_mut(model)) {
            *streams = streams.saturating_sub(1);
            self.observer.stream_closed(model, reason);
        }
    }

    /// All of the worker's streams have failed, and none is counted any more.
    pub(crate) fn give_up(&self) {
        for (model, streams) in self.open().take().unwrap_or_default() {
            (0..streams).for_each(|_| self.observer.stream_closed(&model, EndReason::Failed));
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<BTreeMap<ModelRef, u64>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census").field("open", &self.open).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;
    use std::time::Duration;

    /// Streams that are open, as somebody counts them who is told of each.
    #[derive(Default)]
    struct Count(Mutex<i64>);

    impl Count {
        fn add(&self, change: i64) {
            *self.0.lock().expect("nobody panics with it") += change;
        }
    }

    impl Observer for Count {
        fn stream_opened(&self, _: &ModelRef) {
            self.add(1);
        }
        fn stream_closed(&self, _: &ModelRef, _: EndReason) {
            self.add(-1);
        }
        fn audio_processed(&self, model: &ModelRef, samples: u64, took: Duration) {
            Silent.audio_processed(model, samples, took);
        }
        fn batch_scored(&self, model: &ModelRef, items: usize, took: Duration) {
            Silent.batch_scored(model, items, took);
        }
        fn queue_waited(&self, model: &ModelRef, waited: Duration) {
            Silent.queue_waited(model, waited);
        }
        fn update_dropped(&self, model: &ModelRef) {
            Silent.update_dropped(model);
        }
        fn updates_thinned(&self, model: &ModelRef, updates: u64) {
            Silent.updates_thinned(model, updates);
        }
        fn plugin_failed(&self, model: &ModelRef) {
            Silent.plugin_failed(model);
        }
        fn worker_restarted(&self) {
            Silent.worker_restarted();
        }
        fn worker_stuck(&self) {
            Silent.worker_stuck();
        }
    }

    #[test]
    fn the_streams_of_a_worker_that_never_comes_back_are_counted_no_more() {
        let count = Arc::new(Count::default());
        let open = || *count.0.lock().expect("nobody panics with it");
        let census = Census::new(count.clone());
        let [one, other] =
            ["one", "other"].map(|name| ModelRef { name: name.into(), version: "1.0.0".into() });
        for model in [&one, &one, &other] {
            census.opened(model);
        }
        census.closed(&one, EndReason::Finished);
        assert_eq!(open(), 2);
        census.give_up();
        assert_eq!(open(), 0);
        // Its thread comes back after all, and opens what still waited for it.
        census.opened(&other);
        for model in [&one, &other, &other] {
            census.closed(model, EndReason::Failed);
        }
        assert_eq!(open(), 0, "nothing is counted twice");
    }
}
