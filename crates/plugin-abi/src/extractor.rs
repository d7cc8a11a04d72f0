//! Extractors: samples in, frames out.

use crate::{EndReason, Instance, Plugin, Status, Text, TextBuffer};

/// `max_frames_for(n)` is never above `n / hop_samples` plus this many.
pub const SPARE_FRAMES: usize = 4096;

/// What an extractor's frames look like. Frame `i` covers the samples from `i * hop_samples` to
/// `i * hop_samples + window_samples`, the last one not included, of the stream.
#[repr(C)]
#[derive(Debug)]
pub struct ExtractorDescription {
    /// Size of this structure in bytes, set by the host; nothing is written behind it.
    pub size: u32,
    /// The sample rate it takes, in Hz; the host has 16000.
    pub sample_rate_hz: u32,
    /// Values per frame; 1 to MAX_DIM.
    pub dim: u32,
    /// Samples from one frame to the next; at least 1.
    pub hop_samples: u32,
    /// Samples that a frame covers; at least 1.
    pub window_samples: u32,
    /// How many later frames it must see before it hands one out.
    pub look_ahead_frames: u32,
    /// What the frames depend on, all in one: equal fingerprints promise equal frames. Lives as long as the
    /// plugin.
    pub fingerprint: Text,
    /// Names of the `dim` values of a frame. Live as long as the plugin.
    pub columns: *const Text,
}

/// What an extractor instance will be asked for at most.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ExtractorSpec {
    /// Size of this structure in bytes.
    pub size: u32,
    /// The samples of one push that buffers should be ready for; more may come and may then cost an
    /// allocation.
    pub usual_push_samples: u32,
}

/// Samples between -1 and 1, one channel.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    /// First sample.
    pub data: *const f32,
    /// Number of samples.
    pub length: usize,
}

/// Room of the host that an extractor writes frames to, row by row, `dim` values each.
#[repr(C)]
#[derive(Debug)]
pub struct FrameBuffer {
    /// Where to write; owned by the host.
    pub values: *mut f32,
    /// Room, in frames.
    pub capacity: usize,
    /// Set by the plugin: frames written, never above `capacity`. The host sets it to 0 before the call.
    pub length: usize,
}

/// The functions of an extractor.
#[repr(C)]
#[derive(Debug)]
pub struct ExtractorTable {
    /// Size of this table in bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Purpose: says what the plugin's frames look like; always the same for one plugin. Its configuration is
    /// the JSON object `{"recipe": ...}` with the name of a recipe or an object of its parameters.
    /// Threads: `[any-thread]`.
    /// State: none is needed.
    /// Ownership: fills `description`, which is the host's.
    /// Lifetime: the texts that it points `description` at, as long as the plugin; `description` and `error`, the call.
    /// Errors: FAILED.
    pub describe: Option<
        unsafe extern "C" fn(
            plugin: *const Plugin,
            description: *mut ExtractorDescription,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: makes an instance, which serves one stream at a time.
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
    /// Purpose: allocates what running needs and stands the instance at the start of a stream.
    /// Threads: `[instance-exclusive]`.
    /// State: created or deactivated; active afterwards.
    /// Ownership: `spec` is borrowed for the call.
    /// Lifetime: `spec` and `error`, the call; what it allocates, until deactivate.
    /// Errors: FAILED.
    pub activate: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            spec: *const ExtractorSpec,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: how many frames a push of `samples` samples, or a finish after it, may give at most, whatever
    /// came before; never above `samples / hop_samples + SPARE_FRAMES`.
    /// Threads: `[instance-exclusive]`.
    /// State: active.
    /// Ownership: nothing is handed over.
    /// Lifetime: nothing outlives the call.
    /// Errors: none.
    pub max_frames_for: Option<unsafe extern "C" fn(instance: *mut Instance, samples: usize) -> usize>,
    /// Purpose: takes the next samples and writes every frame that became complete: as many as have their whole
    /// window within the samples so far, but for the last `look_ahead_frames`. The host gives a stream up that
    /// got more or fewer. How a stream is cut into calls never changes its frames.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and not finished since activate or reset.
    /// Ownership: `samples`, `frames` and `error` are borrowed for the call. `frames` has room for
    /// max_frames_for frames.
    /// Lifetime: `samples`, `frames` and `error`, the call.
    /// Errors: REFUSED or FAILED; frames of a call that did not end with OK are not used.
    pub push: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            samples: Samples,
            frames: *mut FrameBuffer,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: the stream has no more samples: writes the frames that were waiting for later ones, and no others.
    /// Threads: `[instance-exclusive]`.
    /// State: active; afterwards only reset and deactivate follow.
    /// Ownership: as in push. `frames` has room for max_frames_for(0) frames.
    /// Lifetime: `frames` and `error`, the call.
    /// Errors: as in push.
    pub finish: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            frames: *mut FrameBuffer,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: all frames of a whole clip in one call. Equals a reset, one push of `samples`, a finish and a
    /// reset.
    /// Threads: `[instance-exclusive]`.
    /// State: active; stands at the start of a stream afterwards.
    /// Ownership: as in push. `frames` has room for max_frames_for(samples) and max_frames_for(0) frames
    /// together.
    /// Lifetime: `samples`, `frames` and `error`, the call.
    /// Errors: as in push.
    pub extract: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            samples: Samples,
            frames: *mut FrameBuffer,
            error: *mut TextBuffer,
        ) -> Status,
    >,
    /// Purpose: tells why the stream ended, and stands the instance at the start of another one.
    /// Threads: `[instance-exclusive]`.
    /// State: active, and stays so.
    /// Ownership: nothing is handed over.
    /// Lifetime: `error`, the call; what was heard so far ends with it.
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
unsafe impl Sync for ExtractorTable {}
