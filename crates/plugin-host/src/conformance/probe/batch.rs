//! The items of a call, with marks around everything that a plugin may write to.

use super::room::{Room, TextRoom};
use crate::conformance::outcome::{Outcome, Stop, must};
use std::ptr;
use undertone_plugin_abi::{Item, StateBuffer, Status};

/// One item to ask about.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Row by row.
    pub(crate) frames: Vec<f32>,
    pub(crate) frame_count: usize,
    pub(crate) dim: usize,
    /// Room for scores.
    pub(crate) label_count: usize,
    /// Room for words, in bytes.
    pub(crate) words: usize,
}

/// What became of an item.
#[derive(Debug)]
pub(crate) struct Scored {
    pub(crate) status: Status,
    pub(crate) scores: Vec<f32>,
    pub(crate) words: String,
}

impl Scored {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == Status::OK
    }

    /// The scores of an item that is well: all of them written and finite.
    pub(crate) fn ok(self, what: &str) -> Outcome<Vec<f32>> {
        let Self { status, scores, words } = self;
        must(status == Status::OK, || format!("{what} ended with status {} ({words})", status.0))?;
        must(scores.iter().all(|score| score.is_finite()), || {
            format!("{what} has scores that are not finite or were not written: {scores:?}")
        })?;
        Ok(scores)
    }
}

/// The memory of one call.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    asks: &'a [Ask],
    items: Vec<Item>,
    scores: Vec<Room<f32>>,
    words: Vec<TextRoom>,
    /// For each item its tensors, one behind the other.
    states: Vec<Room<f32>>,
    buffers: Vec<StateBuffer>,
}

impl<'a> Batch<'a> {
    /// `states` holds for each item the values of its tensors.
    pub(crate) fn new(asks: &'a [Ask], states: &[Vec<f32>], tensors: &[usize]) -> Self {
        let mut scores: Vec<_> = asks.iter().map(|ask| Room::new(ask.label_count)).collect();
        let mut words: Vec<_> = asks.iter().map(|ask| TextRoom::new(ask.words)).collect();
        let places = asks.iter().zip(&mut scores).zip(&mut words);
        let item = |((ask, scores), words): ((&Ask, &mut Room<f32>), &mut TextRoom)| Item {
            frames: if ask.frames.is_empty() { ptr::null() } else { ask.frames.as_ptr() },
            frame_count: ask.frame_count,
            dim: ask.dim,
            scores: scores.pointer(),
            label_count: ask.label_count,
            status: Status::FAILED,
            error: words.buffer(),
        };
        let items = places.map(item).collect();
        let (states, buffers) = lent(states, tensors);
        Self { asks, items, scores, words, states, buffers }
    }

    pub(crate) fn items(&mut self) -> *mut Item {
        // A pointer to no items may be anything.
        if self.items.is_empty() { ptr::null_mut() } else { self.items.as_mut_ptr() }
    }

    pub(crate) fn states(&mut self) -> *mut StateBuffer {
        if self.buffers.is_empty() { ptr::null_mut() } else { self.buffers.as_mut_ptr() }
    }

    /// What became of the items; nothing but scores, statuses, words and states was written.
    pub(crate) fn outcome(&self) -> Outcome<Vec<Scored>> {
        let scored = |index: usize| {
            let (ask, item, scores) = (&self.asks[index], &self.items[index], &self.scores[index]);
            must(scores.is_intact(), || {
                format!("it wrote behind the {} scores of item {index}", ask.label_count)
            })?;
            let untouched = item.frame_count == ask.frame_count
                && item.dim == ask.dim
                && item.label_count == ask.label_count
                && item.scores.cast_const() == scores.values().as_ptr();
            must(untouched, || format!("it changed item {index} beside its scores, status and words"))?;
            let words = self.words[index].words().map_err(Stop::Broken)?;
            Ok(Scored { status: item.status, scores: scores.values().to_vec(), words })
        };
        must(self.states.iter().all(Room::is_intact), || "it wrote behind a state".to_owned())?;
        (0..self.asks.len()).map(scored).collect()
    }

    /// The state of item `index` behind the call.
    pub(crate) fn state(&self, index: usize) -> Vec<f32> {
        let tensors = self.states.len() / self.asks.len().max(1);
        let own = &self.states[index * tensors..(index + 1) * tensors];
        own.iter().flat_map(|room| room.values().iter().copied()).collect()
    }
}

fn lent(states: &[Vec<f32>], tensors: &[usize]) -> (Vec<Room<f32>>, Vec<StateBuffer>) {
    let mut rooms = Vec::new();
    for state in states {
        let mut rest = state.as_slice();
        for &length in tensors {
            let (own, others) = rest.split_at(length);
            let mut room = Room::new(length);
            room.values_mut().copy_from_slice(own);
            rooms.push(room);
            rest = others;
        }
    }
    let buffer = |room: &mut Room<f32>| StateBuffer { values: room.pointer(), length: room.values().len() };
    let buffers = rooms.iter_mut().map(buffer).collect();
    (rooms, buffers)
}
