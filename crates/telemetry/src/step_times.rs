//! What the steps of an answer took, for each model and each size of a batch.
//!
//! That is finer than a metric should be: its labels would be many. Clients of the Open Inference Protocol ask for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How often something was done, and how long it took in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// How long in all.
    pub total: Duration,
}

impl Tally {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.total = self.total.saturating_add(took);
    }
}

/// What one model's steps took since the server started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelSteps {
    /// Waits for a worker: of pieces of audio, and of items that a client made itself.
    pub queue: Tally,
    /// Input made into frames: a piece of audio, or the tensor of a request.
    pub input: Tally,
    /// Answers put into tensors.
    pub output: Tally,
    /// Calls of the model, by how many items each had.
    pub batches: BTreeMap<usize, Tally>,
}

/// A step that is the same for all sizes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// See [`ModelSteps::queue`].
    Queue,
    /// See [`ModelSteps::input`].
    Input,
    /// See [`ModelSteps::output`].
    Output,
}

type Own = Arc<Mutex<ModelSteps>>;

/// What the steps took, by the model's `name@version`. As many sizes of a batch are kept as workers made, which their
/// settings bound.
#[derive(Debug, Clone, Default)]
pub struct StepTimes(Arc<RwLock<HashMap<String, Own>>>);

impl StepTimes {
    /// Notes what a step took.
    pub fn spent(&self, model: &str, step: StepKind, took: Duration) {
        let own = self.of(model);
        let mut steps = held(&own);
        match step {
            StepKind::Queue => steps.queue.add(took),
            StepKind::Input => steps.input.add(took),
            StepKind::Output => steps.output.add(took),
        }
    }

    /// Notes what a call of the model with so many items took.
    pub fn scored(&self, model: &str, items: usize, took: Duration) {
        held(&self.of(model)).batches.entry(items).or_default().add(took);
    }

    /// What is known about a model; nothing was done yet by one that nobody has heard of.
    pub fn told(&self, model: &str) -> ModelSteps {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(model).cloned();
        known.map(|own| held(&own).clone()).unwrap_or_default()
    }

    /// Forgets a model that nobody can ask any more.
    pub fn forget(&self, model: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(model);
    }

    fn of(&self, model: &str) -> Own {
        if let Some(own) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(model) {
            return own.clone();
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(model.to_owned()).or_default().clone()
    }
}

fn held(own: &Own) -> MutexGuard<'_, ModelSteps> {
    own.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_by_model_and_batches_by_their_size() {
        let times = StepTimes::default();
        let millis = Duration::from_millis;
        times.spent("cnn@1.0.0", StepKind::Queue, millis(2));
        times.spent("cnn@1.0.0", StepKind::Queue, millis(3));
        times.spent("lstm@1.0.0", StepKind::Output, millis(7));
        for (items, took) in [(1, 4), (8, 10), (1, 6)] {
            times.scored("cnn@1.0.0", items, millis(took));
        }
        let tally = |count, total| Tally { count, total: millis(total) };
        let cnn = times.told("cnn@1.0.0");
        assert_eq!((cnn.queue, cnn.input, cnn.output), (tally(2, 5), Tally::default(), Tally::default()));
        assert_eq!(cnn.batches, BTreeMap::from([(1, tally(2, 10)), (8, tally(1, 10))]));
        assert_eq!(times.told("lstm@1.0.0").output, tally(1, 7));
        times.forget("cnn@1.0.0");
        assert_eq!(times.told("cnn@1.0.0"), ModelSteps::default());
    }
}
