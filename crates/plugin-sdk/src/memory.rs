//! Memory that the host lends for a call.

use core::slice;
use undertone_plugin_abi::{Text, TextBuffer};

/// The items at `data`; none when `length` is 0, whatever `data` is.
///
/// # Safety
/// Unless `length` is 0, `data` points at `length` values that live and do not change for `'a`.
pub(crate) unsafe fn slice_of<'a, T>(data: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(data, length) }
}

/// As [`slice_of`], for writing.
///
/// # Safety
/// Unless `length` is 0, `data` points at `length` values that nobody else touches for `'a`.
pub(crate) unsafe fn slice_of_mut<'a, T>(data: *mut T, length: usize) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts_mut(data, length) }
}

/// The text, unless it is not UTF-8.
///
/// # Safety
/// As for [`slice_of`].
pub(crate) unsafe fn str_of<'a>(text: Text) -> Option<&'a str> {
    // SAFETY: the caller's promise; a C character has the size of a byte.
    let bytes = unsafe { slice_of(text.data.cast::<u8>(), text.length) };
    str::from_utf8(bytes).ok()
}

/// Writes as much of `text` as there is room for, cut between two characters.
pub(crate) fn write_text(buffer: &mut TextBuffer, text: &str) {
    let length = text.floor_char_boundary(buffer.capacity);
    // SAFETY: the host lends `capacity` bytes at `data` for the call, and text of our own cannot overlap
    // them.
    unsafe { slice_of_mut(buffer.data.cast::<u8>(), length) }.copy_from_slice(&text.as_bytes()[..length]);
    buffer.length = length;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let mut bytes = [0_u8; 4];
        let mut buffer = TextBuffer { data: bytes.as_mut_ptr().cast(), capacity: 4, length: 0 };
        write_text(&mut buffer, "abcö");
        assert_eq!(buffer.length, 3);
        assert_eq!(&bytes, b"abc\0");
    }

    #[test]
    fn a_pointer_to_nothing_may_be_null() {
        // SAFETY: the length is 0.
        let text = unsafe { str_of(Text { data: core::ptr::null(), length: 0 }) };
        assert_eq!(text, Some(""));
    }
}
