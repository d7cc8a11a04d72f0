//! What the host believes of a plugin, and what it shows one.

/// The longest text that a plugin may point at, in bytes; a longer one is not believed.
pub const MAX_TEXT_BYTES: usize = 4096;
/// The most values of a frame.
pub const MAX_DIM: u32 = 65_536;
/// The most tensors of a stream's state.
pub const MAX_STATE_TENSORS: u32 = 1024;
/// The most values of a stream's state, all tensors together.
pub const MAX_STATE_VALUES: usize = 4_194_304;
/// The most counters of a library; more are not kept.
pub const MAX_COUNTERS: usize = 32;
/// The longest name of a counter, in bytes; one with a longer name is not kept.
pub const MAX_COUNTER_NAME_BYTES: usize = 64;
/// No extractor is shown a sample above this or below its negative; full scale is 1. Above it the power of a frame could leave
/// the range of 32-bit floats.
pub const LOUDEST_SAMPLE: f32 = 1e6;
