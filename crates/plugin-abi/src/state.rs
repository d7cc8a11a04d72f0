//! Classifiers that carry state through a stream.

use crate::{Instance, Plugin, Status, Text, TextBuffer};

/// Id of the extension whose table is [`StreamStateTable`].
///
/// cbindgen:no-export
pub const STREAM_STATE_EXTENSION: &str = "undertone.stream-state/1";

/// A state tensor that a classifier declares: what it must remember of a stream between two calls.
#[repr(C)]
#[derive(Debug)]
pub struct StateTensor {
    /// Size of this structure in bytes, set by the host; nothing is written behind it.
    pub size: u32,
    /// Number of lengths in `shape`.
    pub rank: u32,
    /// Its name. Lives as long as the plugin.
    pub name: Text,
    /// Its lengths for one stream. Live as long as the plugin.
    pub shape: *const u32,
}

/// The values of one state tensor, row by row, in memory of the host.
#[repr(C)]
#[derive(Debug)]
pub struct StateBuffer {
    /// First value.
    pub values: *mut f32,
    /// Number of values: the product of the declared lengths.
    pub length: usize,
}

/// Extension "undertone.stream-state/1" of a library with classifiers: between calls of classify with one
/// item each, an instance carries the state of one stream, so that a call costs its new frames only. The host
/// keeps the states of the streams that share an instance: it restores one before a call and saves it after.
#[repr(C)]
#[derive(Debug)]
pub struct StreamStateTable {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: the number of state tensors; 0 for a plugin that carries nothing.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: nothing is handed over.
    /// Errors: none.
    pub count: Option<unsafe extern "C" fn(plugin: *const Plugin) -> u32>,
    /// Purpose: describes the state tensor `index`, which is below count.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: fills `tensor`, which is the host's.
    /// Errors: REFUSED for an index that does not exist.
    pub describe: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            index: u32,
            tensor: *mut StateTensor,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: writes the state to `states`, one buffer per declared tensor, in their order.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: everything is borrowed for the call.
    /// Errors: FAILED.
    pub save: Option<
        unsafe extern "C" fn(
            instance: *const Instance,
            states: *mut StateBuffer,
            count: u32,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: takes up the state in `states`, one buffer per declared tensor, in their order. Zeroes are
    /// the state at the start of an utterance.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: everything is borrowed for the call; the values are only read.
    /// Errors: FAILED.
    pub restore: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            states: *const StateBuffer,
            count: u32,
            error: *mut TextBuffer,
        ) -> Status,
    >,
}

// SAFETY: a table of functions is constant.
unsafe impl Sync for StreamStateTable {}
