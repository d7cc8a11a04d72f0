//! Collects one part of a container, however its bytes are cut.

/// The bytes of the part under way, and how many the stream has had.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    bytes: Vec<u8>,
    offset: u64,
}

impl Piece {
    /// Moves bytes over from `source` until the piece holds `wanted`; whether it does.
    pub(crate) fn fill(&mut self, source: &mut &[u8], wanted: usize) -> bool {
        let missing = wanted.saturating_sub(self.bytes.len());
        let moved = self.pass(source, missing as u64);
        self.bytes.extend_from_slice(moved);
        self.bytes.len() >= wanted
    }

    /// Takes up to `count` bytes off `source` without keeping them.
    pub(crate) fn pass<'a>(&mut self, source: &mut &'a [u8], count: u64) -> &'a [u8] {
        let count = source.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        let (passed, rest) = source.split_at(count);
        *source = rest;
        self.offset += count as u64;
        passed
    }

    /// The bytes of the part so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hands the part out and begins the next one.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Bytes that the stream has had, those of the part under way included.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the part under way begins.
    pub(crate) fn start(&self) -> u64 {
        self.offset - self.bytes.len() as u64
    }
}
