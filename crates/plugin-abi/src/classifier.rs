//! Classifiers: frames in, scores out.

use crate::{EndReason, Instance, Plugin, Status, TextBuffer};

/// One call of classify, to ask the host's cancellation and deadline services about. Only the host knows what
/// is inside.
pub struct Call {
    _opaque: (),
}

/// What a classifier takes and gives.
#[repr(C)]
#[derive(Debug)]
pub struct ClassifierDescription {
    /// Size of this structure in bytes, set by the host; nothing is written behind it.
    pub size: u32,
    /// Values per frame; at least 1.
    pub dim: u32,
    /// Scores per item; at least 1.
    pub label_count: u32,
}

/// What a classifier instance will be asked for at most.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ClassifierSpec {
    /// Size of this structure in bytes.
    pub size: u32,
    /// The items of one call that buffers should be ready for; more may come and may then cost an allocation.
    pub usual_batch: u32,
    /// No item has more frames.
    pub max_frames: u32,
}

/// One utterance to score, and where its scores go.
#[repr(C)]
#[derive(Debug)]
pub struct Item {
    /// The frames, row by row, `frame_count * dim` values.
    pub frames: *const f32,
    /// Number of frames; at least 1.
    pub frame_count: usize,
    /// Values per frame, as described.
    pub dim: usize,
    /// Where to write the scores (logits), `label_count` values, all of them finite; owned by the host.
    pub scores: *mut f32,
    /// Number of scores, as described.
    pub label_count: usize,
    /// Set by the plugin: how this item ended; whatever it is, the instance is still good. The host sets it
    /// to FAILED before the call.
    pub status: Status,
    /// Where the words go when `status` is not OK; never null.
    pub error: *mut TextBuffer,
}

/// The functions of a classifier.
#[repr(C)]
#[derive(Debug)]
pub struct ClassifierTable {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: says what the plugin takes and gives; always the same for one plugin. Its configuration is
    /// the JSON object `{"graph": path, "input": name, "output": name, "dim": number, "labels": [names]}`;
    /// the path is absolute.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: fills `description`, which is the host's.
    /// Lifetime: `description` and `error`, the call.
    /// Errors: FAILED.
    pub describe: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            description: *mut ClassifierDescription,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: makes an instance, which serves one worker.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: `*instance` is the library's and is given back with destroy_instance; it may borrow from
    /// `plugin`.
    /// Lifetime: `*instance` until destroy_instance, and never longer than `plugin`.
    /// Errors: FAILED; then `*instance` is left as it was.
    pub create_instance: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            instance: *mut *mut Instance,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: allocates what running needs.
    /// Threads: `[instance-exclusive]`.
    /// State: created or deactivated; active afterwards.
    /// Ownership: `spec` is borrowed for the call.
    /// Lifetime: `spec` and `error`, the call; what it allocates, until deactivate.
    /// Errors: FAILED.
    pub activate: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            spec: *const ClassifierSpec,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: scores `count` items. Every item gets its own status, and its scores do not depend on its
    /// neighbours.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: everything is borrowed for the call. The plugin writes the scores, statuses and errors of
    /// items, nothing else of them. `call` is only for asking the host's services.
    /// Lifetime: `items`, all that they point at, `call` and `error`, the call.
    /// Errors: OK when every item has its status, even when all of them failed; otherwise no item was scored.
    pub classify: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            call: *const Call,
            items: *mut Item,
            count: usize,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: tells why the work so far ended. What belongs to a stream is in the host's memory, see the
    /// extension "undertone.stream-state/1"; nothing else is carried from call to call.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: nothing is handed over.
    /// Lifetime: `error`, the call.
    /// Errors: FAILED.
    pub reset: Option<
        unsafe extern "C" fn(instance: *mut Instance, reason: EndReason, error: *mut TextBuffer) -> Status,
    >,
    /// Purpose: gives back what activate allocated.
    /// Threads: `[instance-exclusive]`.
    /// State: active; created afterwards.
    /// Ownership: nothing is handed over.
    /// Lifetime: what activate allocated ends with this call.
    /// Errors: none.
    pub deactivate: Option<unsafe extern "C" fn(instance: *mut Instance)>,
    /// Purpose: gives an instance back.
    /// Threads: `[instance-exclusive]`.
    /// State: any but active.
    /// Ownership: takes `instance`, which is not used again.
    /// Lifetime: `instance` ends with this call.
    /// Errors: none.
    pub destroy_instance: Option<unsafe extern "C" fn(instance: *mut Instance)>,
}

// SAFETY: a table of functions is constant.
unsafe impl Sync for ClassifierTable {}
