//! What a classifier is given that goes on where a stream's last call ended.

use crate::Item;
use crate::memory::{slice_of, slice_of_mut};
use core::iter;
use undertone_plugin_abi as abi;

/// The new frames of several streams, with the streams' states.
#[derive(Debug)]
pub struct StreamItems<'a> {
    items: &'a mut [Item],
    states: &'a mut [abi::StateBuffer],
    tensors: usize,
}

impl<'a> StreamItems<'a> {
    /// # Safety
    /// The arguments are those of a call of advance of a plugin with `tensors` state tensors; they live for `'a` and
    /// nobody else touches them.
    pub(crate) unsafe fn from_call(
        items: *mut abi::Item,
        states: *mut abi::StateBuffer,
        count: usize,
        tensors: usize,
    ) -> Self {
        // SAFETY: the caller's promise.
        let states = unsafe { slice_of_mut(states, count.saturating_mul(tensors)) };
        // SAFETY: as above.
        Self { items: unsafe { Item::from_call(items, count) }, states, tensors }
    }

    /// How many streams there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no stream.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Each stream's item, with its states.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&mut Item, States<'_>)> {
        // Without state tensors every item has an empty share.
        let mut states = self.states.chunks_exact_mut(self.tensors.max(1));
        let shares = iter::from_fn(move || Some(states.next().unwrap_or_default()));
        self.items.iter_mut().zip(shares.map(States))
    }

    /// The item of stream `index`, with its states.
    ///
    /// # Panics
    /// When `index` is not below [`Self::len`].
    pub fn get_mut(&mut self, index: usize) -> (&mut Item, States<'_>) {
        let states = &mut self.states[index * self.tensors..(index + 1) * self.tensors];
        (&mut self.items[index], States(states))
    }
}

/// One stream's states.
#[derive(Debug)]
pub struct States<'a>(&'a mut [abi::StateBuffer]);

impl States<'_> {
    /// The values of tensor `index`.
    ///
    /// # Panics
    /// When there is no such tensor.
    pub fn get(&self, index: usize) -> &[f32] {
        let buffer = &self.0[index];
        // SAFETY: the host lends the values for the call, and states only exist during one.
        unsafe { slice_of(buffer.values, buffer.length) }
    }

    /// The values of tensor `index`, to be replaced.
    ///
    /// # Panics
    /// When there is no such tensor.
    pub fn get_mut(&mut self, index: usize) -> &mut [f32] {
        let buffer = &mut self.0[index];
        // SAFETY: as for `get`; the exclusive borrow makes this the only use.
        unsafe { slice_of_mut(buffer.values, buffer.length) }
    }
}
