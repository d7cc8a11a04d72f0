//! The STREAMINFO block (RFC 9639 section 8.2).

/// What a FLAC file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamInfo {
    pub(crate) rate_hz: u32,
    pub(crate) channels: u16,
    /// Samples per channel, when the writer knew.
    pub(crate) frames: Option<u64>,
    max_block: u16,
    bits: u8,
}

impl StreamInfo {
    /// The block's length.
    pub(crate) const BYTES: usize = 34;

    pub(crate) fn parse(body: &[u8; Self::BYTES]) -> Self {
        let [_, _, high, low, ..] = *body;
        // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of frames.
        let packed = body[10..18].iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        let frames = packed & 0x000F_FFFF_FFFF;
        Self {
            rate_hz: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u16 + 1,
            bits: (packed >> 36 & 31) as u8 + 1,
            frames: (frames > 0).then_some(frames),
            max_block: u16::from_be_bytes([high, low]),
        }
    }

    /// No frame needs more bytes: every sample verbatim, one bit more each for a side channel, and 64
    /// bytes of headers per channel and frame.
    pub(crate) fn max_frame_bytes(&self) -> usize {
        let bits_per_frame = usize::from(self.channels) * (usize::from(self.bits) + 1);
        usize::from(self.max_block) * bits_per_frame / 8 + 64 * (usize::from(self.channels) + 1)
    }
}
