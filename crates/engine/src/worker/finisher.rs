//! A finisher: a thread beside a worker that scores whole utterances while somebody speaks, so that no update waits for a
//! final result. The system shares a core out between the two, and lets the worker in when it has something to do.

use super::turn::{PASSED_OVER, Place, Spent};
use crate::Observer;
use crate::clock::thread_time;
use crate::mailbox::WeakMailbox;
use crate::pulse::Pulse;
use crate::scoring::{ItemScores, WholeClassifier, failed};
use crate::worker::Message;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;
use undertone_core::{Frames, FramesView, Model, PluginError};

/// What a finisher is given for its whole life.
pub(crate) struct FinisherContext {
    pub(crate) observer: Arc<dyn Observer>,
    /// Tells the watchdog how it goes.
    pub(crate) pulse: Arc<Pulse>,
    /// Is told when something is scored.
    pub(crate) worker: WeakMailbox,
}

/// Utterances to score, and where to say what was found.
#[derive(Debug)]
pub(crate) struct Job {
    pub(super) batches: Vec<Batch>,
    pub(super) reply: SyncSender<Vec<Batch>>,
}

/// Utterances of one model.
pub(super) struct Batch {
    /// Lent by the worker, and gone if it broke. Before its model, so that it is dropped first.
    pub(super) classifier: Option<WholeClassifier>,
    pub(super) model: Arc<dyn Model>,
    pub(super) places: Vec<Place>,
    pub(super) items: Vec<Frames>,
    /// One per item.
    pub(super) results: Vec<ItemScores>,
    pub(super) spent: Spent,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("model", self.model.reference()).finish_non_exhaustive()
    }
}

/// Scores what comes until the worker is gone.
pub(crate) fn finish(jobs: &Receiver<Job>, context: &FinisherContext) {
    while let Ok(Job { mut batches, reply }) = jobs.recv() {
        for batch in &mut batches {
            context.pulse.beat();
            batch.score(context.observer.as_ref());
        }
        // Fails where the worker started anew or left meanwhile, and its streams are lost; then the instances end here.
        let _ = reply.send(batches);
        context.pulse.rest();
        context.worker.post(Message::Look);
    }
}

impl Batch {
    /// Nothing is said about the items yet. Where there is no classifier, nothing ever is.
    pub(super) fn new(
        lent: Result<WholeClassifier, PluginError>,
        model: Arc<dyn Model>,
        places: Vec<Place>,
        items: Vec<Frames>,
    ) -> Self {
        let (classifier, why) = match lent {
            Ok(classifier) => (Some(classifier), failed(model.as_ref(), PASSED_OVER)),
            Err(why) => (None, why),
        };
        let results = items.iter().map(|_| Err(why.clone())).collect();
        Self { classifier, model, places, items, results, spent: Spent::default() }
    }

    /// A model that panics loses these items and the instance, and no stream of another model.
    fn score(&mut self, observer: &dyn Observer) {
        let Some(mut classifier) = self.classifier.take() else { return };
        let (began, worked) = (Instant::now(), thread_time());
        let views: Vec<FramesView<'_>> = self.items.iter().map(|own| own.view(0..own.len())).collect();
        let model = self.model.as_ref();
        let scored = catch_unwind(AssertUnwindSafe(|| {
            let (results, _) = classifier.score(model, &views, observer);
            (results, classifier)
        }));
        self.spent = Spent { took: began.elapsed(), worked: thread_time().saturating_sub(worked) };
        match scored {
            Ok((results, classifier)) => {
                self.results = results;
                self.classifier = Some(classifier);
            }
            Err(_) => {
                tracing::error!(model = %model.reference(), "a model panicked at a final result");
                observer.plugin_failed(model.reference());
                self.results = self.items.iter().map(|_| Err(failed(model, "it panicked"))).collect();
            }
        }
    }
}
