//! The identification header (RFC 7845 section 5.1).

use crate::error::beginning;
use crate::{AudioError, Encoding};

const MAGIC: &[u8; 8] = b"OpusHead";
const BYTES: usize = 19;

/// What an Opus stream says about itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OpusHead {
    pub(crate) channels: u16,
    /// Frames at 48 kHz to be dropped at the start.
    pub(crate) pre_skip: u16,
    /// The rate before encoding; tells nothing about decoding. 0 when unknown.
    pub(crate) original_rate_hz: u32,
    /// Factor for every sample.
    pub(crate) gain: f32,
}

impl OpusHead {
    /// Parses the first packet of the stream, on the page that begins at `offset`.
    pub(crate) fn parse(packet: &[u8], offset: u64) -> Result<Self, AudioError> {
        let unsupported = |feature: String| AudioError::Unsupported { encoding: Encoding::OggOpus, feature };
        if !packet.starts_with(MAGIC) {
            return Err(unsupported(format!("Ogg with {} instead of Opus inside", beginning(packet))));
        }
        let Some(fixed) = packet.first_chunk::<BYTES>() else {
            let problem = format!("an Opus header of {} bytes instead of {BYTES}", packet.len());
            return Err(AudioError::BadHeader { encoding: Encoding::OggOpus, offset, problem });
        };
        let [
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            version,
            channels,
            skip_low,
            skip_high,
            r0,
            r1,
            r2,
            r3,
            gain_low,
            gain_high,
            family,
        ] = *fixed;
        if version >= 16 {
            return Err(unsupported(format!("version {version} of the Opus header")));
        }
        if family != 0 {
            return Err(unsupported(format!(
                "channel mapping family {family}; mono and stereo (0) are read"
            )));
        }
        if !(1..=2).contains(&channels) {
            let problem = format!("{channels} channels in channel mapping family 0");
            return Err(AudioError::BadHeader { encoding: Encoding::OggOpus, offset, problem });
        }
        // Decibels in units of 1/256.
        let gain_db = f32::from(i16::from_le_bytes([gain_low, gain_high])) / 256.0;
        Ok(Self {
            channels: u16::from(channels),
            pre_skip: u16::from_le_bytes([skip_low, skip_high]),
            original_rate_hz: u32::from_le_bytes([r0, r1, r2, r3]),
            gain: 10.0_f32.powf(gain_db / 20.0),
        })
    }
}
