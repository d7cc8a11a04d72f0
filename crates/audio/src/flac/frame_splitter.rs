//! Finds where FLAC frames end, which they do not tell themselves.

use super::checksum::crc16;
use super::frame_header::FrameHeader;
use crate::{AudioError, Encoding};

/// Cuts bytes into frames. A frame ends where its CRC-16 works out and another frame's header, itself
/// with a CRC-8, follows: every byte is looked at once, and chance fakes an end once in 2^39 bytes.
pub(crate) struct FrameSplitter {
    channels: u16,
    max_frame_bytes: usize,
    buffer: Vec<u8>,
    /// Where the frame under way begins in `buffer`.
    start: usize,
    /// Bytes of that frame that `crc` covers.
    scanned: usize,
    crc: u16,
}

/// One frame's bytes and where they begin in the stream.
pub(crate) struct FrameBytes<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) offset: u64,
}

impl FrameSplitter {
    /// Push no more than this at once and take the frames in between: bounds the memory.
    pub(crate) const BLOCK_BYTES: usize = 64 * 1024;

    pub(crate) fn new(channels: u16, max_frame_bytes: usize) -> Self {
        Self { channels, max_frame_bytes, buffer: Vec::new(), start: 0, scanned: 0, crc: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame whose end is certain. `end` is the number of bytes that the stream has had.
    pub(crate) fn next_frame(&mut self, end: u64) -> Result<Option<FrameBytes<'_>>, AudioError> {
        let offset = end - (self.buffer.len() - self.start) as u64;
        loop {
            let at = self.start + self.scanned;
            let rest = &self.buffer[at..];
            if self.crc == 0 {
                match FrameHeader::at_start_of(rest, self.channels) {
                    FrameHeader::Undecided => return Ok(None),
                    FrameHeader::Present if self.scanned > 0 => break,
                    FrameHeader::Absent if self.scanned == 0 => {
                        return Err(damaged(offset, "no FLAC frame begins here"));
                    }
                    _ => {}
                }
            }
            let Some(&byte) = rest.first() else { return Ok(None) };
            self.crc = crc16(self.crc, byte);
            self.scanned += 1;
            if self.scanned > self.max_frame_bytes {
                return Err(damaged(offset, "the frame that begins here fails its checksum"));
            }
        }
        Ok(Some(self.take_frame(offset)))
    }

    /// The frame that the stream's end ends, after [`Self::next_frame`] gave no more.
    pub(crate) fn last_frame(&mut self, end: u64) -> Result<Option<FrameBytes<'_>>, AudioError> {
        let left = self.buffer.len() - self.start;
        if left == 0 {
            return Ok(None);
        }
        let offset = end - left as u64;
        let frame = &self.buffer[self.start..];
        let crc = frame.iter().fold(0, |crc, &byte| crc16(crc, byte));
        if crc != 0 || FrameHeader::at_start_of(frame, self.channels) != FrameHeader::Present {
            return Err(damaged(offset, "the frame that begins here is cut short or fails its checksum"));
        }
        self.scanned = left;
        Ok(Some(self.take_frame(offset)))
    }

    fn take_frame(&mut self, offset: u64) -> FrameBytes<'_> {
        let start = self.start;
        self.start += self.scanned;
        self.scanned = 0;
        self.crc = 0;
        FrameBytes { bytes: &self.buffer[start..self.start], offset }
    }
}

fn damaged(offset: u64, problem: &str) -> AudioError {
    AudioError::Damaged { encoding: Encoding::Flac, offset, problem: problem.to_owned() }
}
