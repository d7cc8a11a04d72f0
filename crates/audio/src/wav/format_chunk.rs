//! The `fmt ` chunk.

use crate::sample_format::SampleFormat;
use crate::{AudioError, Encoding};

const PCM: u16 = 0x0001;
const IEEE_FLOAT: u16 = 0x0003;
const ALAW: u16 = 0x0006;
const MULAW: u16 = 0x0007;
const EXTENSIBLE: u16 = 0xFFFE;
/// The part that every sub-format GUID of a wave format tag has behind its first two bytes.
const SUBFORMAT_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// How a WAVE file's samples are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FormatChunk {
    pub(crate) samples: SampleFormat,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
}

impl FormatChunk {
    /// Parses the body of a chunk that begins at `offset` and has at least 16 bytes.
    pub(crate) fn parse(body: &[u8], offset: u64) -> Result<Self, AudioError> {
        let at =
            |index: usize| body.get(index..index + 2).map_or(0, |raw| u16::from_le_bytes([raw[0], raw[1]]));
        let channels = at(2);
        let rate_hz = u32::from(at(4)) | u32::from(at(6)) << 16;
        let (block_align, bits) = (at(12), at(14));
        let wrong = |problem: String| AudioError::BadHeader { encoding: Encoding::Wav, offset, problem };
        if channels == 0 {
            return Err(wrong("0 channels".to_owned()));
        }
        let codec = match at(0) {
            EXTENSIBLE => {
                extensible_codec(body).ok_or_else(|| wrong("an unknown extended format".to_owned()))?
            }
            codec => codec,
        };
        let samples = sample_format(codec, bits)?;
        let expected = samples.bytes() * usize::from(channels);
        if usize::from(block_align) != expected {
            return Err(wrong(format!(
                "the block align is {block_align}, but {channels} channel(s) of {bits} bits need {expected}"
            )));
        }
        Ok(Self { samples, channels, rate_hz })
    }
}

/// The wave format tag inside the GUID of a WAVE_FORMAT_EXTENSIBLE chunk.
fn extensible_codec(body: &[u8]) -> Option<u16> {
    let guid: &[u8; 16] = body.get(24..40)?.first_chunk()?;
    (guid[2..] == SUBFORMAT_TAIL).then(|| u16::from_le_bytes([guid[0], guid[1]]))
}

fn sample_format(codec: u16, bits: u16) -> Result<SampleFormat, AudioError> {
    let format = match (codec, bits) {
        (PCM, 8) => SampleFormat::U8,
        (PCM, 16) => SampleFormat::I16,
        (PCM, 24) => SampleFormat::I24,
        (PCM, 32) => SampleFormat::I32,
        (IEEE_FLOAT, 32) => SampleFormat::F32,
        (IEEE_FLOAT, 64) => SampleFormat::F64,
        (MULAW, 8) => SampleFormat::Mulaw,
        (ALAW, 8) => SampleFormat::Alaw,
        _ => {
            let feature = format!(
                "codec {codec:#06x} ({}) of {bits} bits; PCM of 8, 16, 24 or 32, float of 32 or 64, mu-law and A-law are read",
                codec_name(codec)
            );
            return Err(AudioError::Unsupported { encoding: Encoding::Wav, feature });
        }
    };
    Ok(format)
}

/// Names from the registered wave format tags (RFC 2361).
const fn codec_name(codec: u16) -> &'static str {
    match codec {
        PCM => "PCM",
        IEEE_FLOAT => "IEEE float",
        ALAW => "A-law",
        MULAW => "mu-law",
        0x0002 => "Microsoft ADPCM",
        0x0011 => "IMA ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 => "MPEG",
        0x0055 => "MP3",
        _ => "unknown",
    }
}
