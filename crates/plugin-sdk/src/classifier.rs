//! What the author of a classifier implements.

use crate::memory::{slice_of, slice_of_mut};
use crate::{Call, EndReason, Failure, Plugin, StreamItems};
use undertone_plugin_abi::{self as abi, Status};

/// What a classifier takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Values per frame; at least 1.
    pub dim: u32,
    /// Scores per item; at least 1.
    pub labels: u32,
}

/// A tensor that must be remembered of a stream between two calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateShape {
    /// Its name.
    pub name: String,
    /// Number of values for one stream; at least 1.
    pub length: u32,
}

/// What an instance will be asked for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassifierLimits {
    /// The items of one call; more may come, though rarely.
    pub usual_batch: usize,
    /// No item has more frames.
    pub max_frames: usize,
}

/// A plugin that scores frames. Its configuration is
/// `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`; for one that carries state it
/// holds `"states": [{"in": name, "out": name, "shape": [lengths]}]` and `"step_frames": number` besides.
pub trait ClassifierPlugin: Plugin {
    /// What works for one worker.
    type Instance: ClassifierInstance;

    /// What it takes and gives; asked for once.
    fn shape(&self) -> Shape;

    /// The tensors to be remembered of a stream between two calls of [`ClassifierInstance::advance`]; none when the
    /// plugin, as it was configured, carries no state. Asked for once.
    fn states(&self) -> Vec<StateShape> {
        Vec::new()
    }

    /// Makes an instance.
    fn new_instance(&self) -> Result<Self::Instance, Failure>;
}

/// Scores utterances for one worker. Never used from two threads at once.
pub trait ClassifierInstance: Send + 'static {
    /// Allocates what running needs.
    fn activate(&mut self, limits: ClassifierLimits) -> Result<(), Failure>;

    /// Gives every item its scores or its failure; the scores do not depend on the neighbours. An error means
    /// that no item was scored. Items that are left as they are count as failed.
    fn classify(&mut self, call: Call<'_>, items: &mut [Item]) -> Result<(), Failure>;

    /// Gives every item its scores or its failure, as if all frames of its stream so far were scored, and leaves each
    /// item's states behind its frames. States of zeroes are the start of an utterance. An error means that no item
    /// was scored. Items that are left as they are count as failed.
    fn advance(&mut self, _call: Call<'_>, _items: StreamItems<'_>) -> Result<(), Failure> {
        Err(Failure::refused("the classifier carries no state"))
    }

    /// Is told that work ended, and why.
    fn reset(&mut self, _reason: EndReason) -> Result<(), Failure> {
        Ok(())
    }

    /// Gives back what [`Self::activate`] allocated.
    fn deactivate(&mut self) {}
}

/// One utterance to score.
#[derive(Debug)]
#[repr(transparent)]
pub struct Item(abi::Item);

impl Item {
    /// The items of a call.
    ///
    /// # Safety
    /// The arguments are those of a call of classify; the items live for `'a` and nobody else touches them.
    pub(crate) unsafe fn from_call<'a>(items: *mut abi::Item, count: usize) -> &'a mut [Self] {
        // SAFETY: the caller's promise; an Item is laid out as the one of the contract.
        unsafe { slice_of_mut(items.cast::<Self>(), count) }
    }

    /// The frames, row by row.
    pub fn frames(&self) -> &[f32] {
        // SAFETY: the host lends the frames for the call, and an Item only exists during one.
        unsafe { slice_of(self.0.frames, self.0.frame_count.saturating_mul(self.0.dim)) }
    }

    /// Number of frames.
    pub fn frame_count(&self) -> usize {
        self.0.frame_count
    }

    /// Values per frame.
    pub fn dim(&self) -> usize {
        self.0.dim
    }

    /// Gives the item its scores (logits), one per label; another number of them, and scores that are not finite, fail the
    /// item.
    pub fn set_scores(&mut self, scores: &[f32]) {
        // SAFETY: the host lends room for `label_count` scores for the call.
        let room = unsafe { slice_of_mut(self.0.scores, self.0.label_count) };
        if scores.iter().any(|score| !score.is_finite()) {
            self.fail(&Failure::failed("a score is not finite"));
        } else if scores.len() == room.len() {
            room.copy_from_slice(scores);
            self.0.status = Status::OK;
        } else {
            let message = format!("there are {} scores for {} labels", scores.len(), room.len());
            self.fail(&Failure::Failed(message));
        }
    }

    /// Says why the item has no scores.
    pub fn fail(&mut self, failure: &Failure) {
        // SAFETY: the contract says that the buffer is never null and lent for the call.
        self.0.status = failure.report(unsafe { &mut *self.0.error });
    }
}
