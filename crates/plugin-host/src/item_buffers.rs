//! The items of a call to a classifier, with the memory for what comes back.

use crate::text::{error_of, words};
use std::ptr;
use undertone_core::{FramesView, PluginError};
use undertone_plugin_abi::{Item, Status, TextBuffer};

/// Room for the words of one item's error.
const ITEM_ERROR_BYTES: usize = 256;

/// Memory for a call, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct ItemBuffers {
    items: Vec<Item>,
    scores: Vec<f32>,
    words: Vec<[u8; ITEM_ERROR_BYTES]>,
    errors: Vec<TextBuffer>,
    label_count: usize,
}

// SAFETY: the pointers in `items` and `errors` are written anew for every call and used during it only.
unsafe impl Send for ItemBuffers {}

impl ItemBuffers {
    /// Takes the items of a call in and gives each its places for scores and words.
    pub(crate) fn fill<'a>(&mut self, frames: impl Iterator<Item = FramesView<'a>>, label_count: usize) {
        self.label_count = label_count;
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

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items for a call, which must end before anything else is done with the buffers.
    pub(crate) fn items(&mut self) -> (*mut Item, usize) {
        (self.items.as_mut_ptr(), self.items.len())
    }

    /// What the plugin made of item `index`.
    pub(crate) fn outcome(&self, index: usize, plugin: &str) -> Result<Vec<f32>, PluginError> {
        let failed = |status, message| Err(error_of(plugin, "an item", status, message));
        match self.items[index].status {
            Status::OK => {
                let scores = &self.scores[index * self.label_count..(index + 1) * self.label_count];
                if scores.iter().all(|score| score.is_finite()) {
                    return Ok(scores.to_vec());
                }
                failed(Status::FAILED, "a score is not finite".to_owned())
            }
            status => failed(status, words(&self.words[index], self.errors[index].length)),
        }
    }
}
