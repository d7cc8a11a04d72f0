//! Memory lent to a plugin, with marks behind it.

use undertone_plugin_abi::TextBuffer;

const MARKS: usize = 64;

/// A value that nobody writes by chance.
pub(crate) trait Mark: Copy {
    /// Stands behind the room.
    const MARK: Self;
    /// Whether it is the mark, to the last bit.
    fn is_mark(self) -> bool;
}

impl Mark for u8 {
    const MARK: Self = 0xA5;
    fn is_mark(self) -> bool {
        self == Self::MARK
    }
}

impl Mark for f32 {
    /// Not a number, and none that a computation gives.
    const MARK: Self = Self::from_bits(0x7fc0_5a5a);
    fn is_mark(self) -> bool {
        self.to_bits() == Self::MARK.to_bits()
    }
}

/// Room for some values. It is filled with marks, too, which tell what was not written.
#[derive(Debug)]
pub(crate) struct Room<T> {
    values: Vec<T>,
    length: usize,
}

impl<T: Mark> Room<T> {
    pub(crate) fn new(length: usize) -> Self {
        Self { values: vec![T::MARK; length + MARKS], length }
    }

    pub(crate) fn pointer(&mut self) -> *mut T {
        self.values.as_mut_ptr()
    }

    pub(crate) fn values(&self) -> &[T] {
        &self.values[..self.length]
    }

    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        &mut self.values[..self.length]
    }

    /// Whether nothing was written behind the room.
    pub(crate) fn is_intact(&self) -> bool {
        self.values[self.length..].iter().all(|value| value.is_mark())
    }
}

/// Room for words.
#[derive(Debug)]
pub(crate) struct TextRoom {
    bytes: Room<u8>,
    buffer: TextBuffer,
}

impl TextRoom {
    pub(crate) fn new(capacity: usize) -> Self {
        let mut bytes = Room::<u8>::new(capacity);
        let buffer = TextBuffer { data: bytes.pointer().cast(), capacity, length: 0 };
        Self { bytes, buffer }
    }

    /// For a call; the room must stay where it is until the call returns.
    pub(crate) fn buffer(&mut self) -> *mut TextBuffer {
        &raw mut self.buffer
    }

    /// What was written, or what is wrong with it.
    pub(crate) fn words(&self) -> Result<String, String> {
        let (length, capacity) = (self.buffer.length, self.bytes.values().len());
        if !self.bytes.is_intact() {
            return Err(format!("it wrote behind the {capacity} bytes of a buffer for words"));
        }
        if self.buffer.capacity != capacity
            || self.buffer.data.cast_const().cast() != self.bytes.values().as_ptr()
        {
            return Err("it changed the place or the size of a buffer for words".to_owned());
        }
        if length > capacity {
            return Err(format!("it says it wrote {length} bytes of words into room for {capacity}"));
        }
        let written = self.bytes.values()[..length].to_vec();
        String::from_utf8(written).map_err(|_| "its words are not UTF-8".to_owned())
    }
}
