//! Classifiers that carry state through a stream.

use crate::{Call, Instance, Item, Plugin, Status, Text, TextBuffer};

/// Id of the extension whose table is [`StreamStateTable`].
///
/// cbindgen:no-export
pub const STREAM_STATE_EXTENSION: &str = "undertone.stream-state/1";

/// A state tensor that a classifier declares: what must be remembered of a stream between two calls.
#[repr(C)]
#[derive(Debug)]
pub struct StateTensor {
    /// Size of this structure in bytes, set by the host; nothing is written behind it.
    pub size: u32,
    /// Number of values for one stream; at least 1.
    pub length: u32,
    /// Its name. Lives as long as the plugin.
    pub name: Text,
}

/// The values of one state tensor of one stream, row by row, in memory of the host.
#[repr(C)]
#[derive(Debug)]
pub struct StateBuffer {
    /// First value.
    pub values: *mut f32,
    /// Number of values, as described.
    pub length: usize,
}

/// Extension "undertone.stream-state/1" of a library with classifiers that can go on where a stream's last call
/// ended, so that a call costs its new frames only. The host keeps the states, one set per stream; one
/// instance serves many streams, several in one call.
///
/// The configuration of such a plugin has two fields more: `{..., "states": [{"in": name, "out": name, "shape":
/// [lengths]}], "step_frames": number}`; the lengths are those of one stream, without the batch.
#[repr(C)]
#[derive(Debug)]
pub struct StreamStateTable {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: the number of state tensors; 0 for a plugin that was not configured to carry any.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: nothing is handed over.
    /// Lifetime: nothing outlives the call.
    /// Errors: none.
    pub count: Option<unsafe extern "C" fn(plugin: *const Plugin) -> u32>,
    /// Purpose: describes the state tensor `index`, which is below count.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: fills `tensor`, which is the host's.
    /// Lifetime: the name that it points `tensor` at, as long as the plugin; `tensor` and `error`, the call.
    /// Errors: REFUSED for an index that does not exist.
    pub describe: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            index: u32,
            tensor: *mut StateTensor,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: scores `count` items, each the new frames of one stream, as all frames of that stream so far would
    /// be scored; takes each item's state up and leaves the state behind its frames in its place. Zeroes are the
    /// state at the start of an utterance. Every item gets its own status; its scores and its state depend on its
    /// neighbours no more than rounding does. The state of an item whose status is not OK is void.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: everything is borrowed for the call. `states` holds one buffer per item and tensor, the tensors of
    /// the first item first, in their order. The plugin writes the scores, statuses, errors and states, nothing else.
    /// `call` is only for asking the host's services.
    /// Lifetime: `items`, `states`, all that they point at, `call` and `error`, the call.
    /// Errors: OK when every item has its status, even when all of them failed; otherwise no item was scored and
    /// every state is void.
    pub advance: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            call: *const Call,
            items: *mut Item,
            states: *mut StateBuffer,
            count: usize,
            error: *mut TextBuffer,
        ) -> Status,
    >,
}

// SAFETY: a table of functions is constant.
unsafe impl Sync for StreamStateTable {}
