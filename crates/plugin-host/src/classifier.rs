//! A classifier plugin behind the port of core.

use crate::call::RunningCall;
use crate::classifier_kind::ClassifierKind;
use crate::instance::ActiveInstance;
use crate::text::{error_of, words};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use undertone_core::{Classifier, FramesView, PluginError};
use undertone_plugin_abi::{Item, Status, TextBuffer};

/// Room for the words of one item's error.
const ITEM_ERROR_BYTES: usize = 256;

/// Scores utterances for one worker. An instance that failed is reported once and replaced by the next call.
#[derive(Debug)]
pub(crate) struct PluginClassifier {
    kind: Arc<ClassifierKind>,
    instance: Option<ActiveInstance>,
    buffers: Buffers,
}

impl PluginClassifier {
    pub(crate) fn new(kind: Arc<ClassifierKind>) -> Result<Self, PluginError> {
        let instance = kind.instance().map_err(|failed| failed.error)?;
        Ok(Self { kind, instance: Some(instance), buffers: Buffers::default() })
    }

    /// Scores the items that stand in the buffers.
    fn run(&mut self) -> Result<(), PluginError> {
        if self.buffers.items.is_empty() {
            return Ok(());
        }
        let instance = match &mut self.instance {
            Some(instance) => instance,
            lost => {
                let instance = lost.insert(self.kind.instance().map_err(|failed| failed.error)?);
                self.kind.replaced.fetch_add(1, Ordering::Relaxed);
                instance
            }
        };
        let running = RunningCall::start(&self.kind.cancelled);
        let (items, count) = (self.buffers.items.as_mut_ptr(), self.buffers.items.len());
        let result = instance.call("classify", |instance, error| {
            // SAFETY: the arguments are what the contract says; the items point at frames and buffers that
            // outlive the call.
            unsafe { (self.kind.functions.classify)(instance, running.handle(), items, count, error) }
        });
        result.map_err(|failed| {
            if failed.broken {
                self.instance = None;
            }
            failed.error
        })
    }

    /// What the plugin made of item `index` of the buffers.
    fn outcome(&self, index: usize) -> Result<Vec<f32>, PluginError> {
        let failed = |status, message| Err(error_of(self.kind.plugin.name(), "an item", status, message));
        match self.buffers.items[index].status {
            Status::OK => {
                let scores = self.buffers.scores_of(index, self.kind.label_count);
                if scores.iter().all(|score| score.is_finite()) {
                    return Ok(scores.to_vec());
                }
                failed(Status::FAILED, "a score is not finite".to_owned())
            }
            status => failed(status, self.buffers.words_of(index)),
        }
    }
}

impl Classifier for PluginClassifier {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        let kind = &self.kind;
        let fitting = batch.iter().copied().filter(|item| kind.refusal(*item).is_none());
        self.buffers.fill(fitting, kind.label_count);
        self.run()?;
        let mut scored = 0;
        for &item in batch {
            let outcome = self.kind.refusal(item).map_or_else(
                || {
                    scored += 1;
                    self.outcome(scored - 1)
                },
                Err,
            );
            logits.push(outcome);
        }
        Ok(())
    }
}

/// Memory for a call, kept from one to the next.
#[derive(Debug, Default)]
struct Buffers {
    items: Vec<Item>,
    scores: Vec<f32>,
    words: Vec<[u8; ITEM_ERROR_BYTES]>,
    errors: Vec<TextBuffer>,
}

// SAFETY: the pointers in `items` and `errors` are written anew for every call and used during it only.
unsafe impl Send for Buffers {}

impl Buffers {
    /// Takes the items of a call in and gives each its places for scores and words.
    fn fill<'a>(&mut self, frames: impl Iterator<Item = FramesView<'a>>, label_count: usize) {
        self.items.clear();
        self.items.extend(frames.map(|frames| Item {
            frames: frames.values.as_ptr(),
            frame_count: frames.len(),
            dim: frames.dim,
            scores: ptr::null_mut(),
            label_count,
            status: Status::FAILED,
            error: ptr::null_mut(),
        }));
        let count = self.items.len();
        self.words.resize(count, [0; ITEM_ERROR_BYTES]);
        // Scores that the plugin does not write although it says so are found by this.
        self.scores.clear();
        self.scores.resize(count * label_count, f32::NAN);
        self.errors.clear();
        self.errors.extend(self.words.iter_mut().map(|words| TextBuffer {
            data: words.as_mut_ptr().cast(),
            capacity: words.len(),
            length: 0,
        }));
        // The pointers are taken last, when nothing moves any more.
        let places = self.scores.chunks_exact_mut(label_count).zip(&mut self.errors);
        for (item, (scores, error)) in self.items.iter_mut().zip(places) {
            item.scores = scores.as_mut_ptr();
            item.error = ptr::from_mut(error);
        }
    }

    fn scores_of(&self, index: usize, label_count: usize) -> &[f32] {
        &self.scores[index * label_count..(index + 1) * label_count]
    }

    fn words_of(&self, index: usize) -> String {
        words(&self.words[index], self.errors[index].length)
    }
}
