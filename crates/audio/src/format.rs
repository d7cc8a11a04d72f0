//! What the client says about its audio, and what it may cost.

use crate::Encoding;
use undertone_core::SampleRate;

/// What the client says about its audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioFormat {
    /// How the bytes are encoded.
    pub encoding: Encoding,
    /// Samples per second. Encodings without a header need it. A container that tells another one is
    /// refused; for Ogg Opus both 48 kHz and the original's rate in the header count as told.
    pub sample_rate: Option<SampleRate>,
    /// Interleaved channels; 1 when an encoding without a header leaves it open. A container that
    /// tells another number is refused.
    pub channels: Option<u16>,
}

impl AudioFormat {
    /// A container that tells its own rate and channels.
    pub const fn container(encoding: Encoding) -> Self {
        Self { encoding, sample_rate: None, channels: None }
    }

    /// A mono stream without a header.
    pub const fn mono(encoding: Encoding, sample_rate: SampleRate) -> Self {
        Self { encoding, sample_rate: Some(sample_rate), channels: Some(1) }
    }
}

/// Bounds on what one stream may cost, whatever its bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLimits {
    /// Longest decoded duration in seconds. Counts what comes out of the decoder, so it also stops a
    /// small file that unpacks to days of silence.
    pub max_seconds: u32,
    /// Most interleaved channels.
    pub max_channels: u16,
    /// Most bytes of a container before its first audio (tags, pictures, padding).
    pub max_header_bytes: u32,
}

impl Default for AudioLimits {
    /// 4 hours, 8 channels, 16 MiB of header.
    fn default() -> Self {
        Self { max_seconds: 4 * 60 * 60, max_channels: 8, max_header_bytes: 16 * 1024 * 1024 }
    }
}
