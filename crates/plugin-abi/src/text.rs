//! Text in both directions.

use core::ffi::c_char;

/// UTF-8 text of `length` bytes, without a closing zero. Borrowed for the call unless a comment says
/// otherwise.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// First byte; anything when `length` is 0.
    pub data: *const c_char,
    /// Number of bytes.
    pub length: usize,
}

impl Text {
    /// No text.
    pub const EMPTY: Self = Self::new("");

    /// Points at `text`, which must outlive every use of the result.
    pub const fn new(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }
}

// SAFETY: a Text is a pointer for reading only; whoever reads through it vouches that the bytes still live.
unsafe impl Send for Text {}
// SAFETY: as above.
unsafe impl Sync for Text {}

/// A buffer of the host that a plugin writes UTF-8 text to, for instance the words of an error.
#[repr(C)]
#[derive(Debug)]
pub struct TextBuffer {
    /// Where to write; owned by the host.
    pub data: *mut c_char,
    /// Room in bytes; text that is longer is cut between two characters.
    pub capacity: usize,
    /// Set by the plugin: bytes written, never above `capacity`. The host sets it to 0 before the call.
    pub length: usize,
}
