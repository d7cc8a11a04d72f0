//! How audio bytes are encoded.

use std::fmt;
use std::str::FromStr;

/// An encoding that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Signed 16-bit integers, little-endian, no header.
    Linear16,
    /// IEEE 754 single precision, little-endian, no header; full scale is 1.
    Float32,
    /// ITU-T G.711 mu-law, no header.
    Mulaw,
    /// ITU-T G.711 A-law, no header.
    Alaw,
    /// A FLAC file (RFC 9639).
    Flac,
    /// Opus in Ogg (RFC 7845).
    OggOpus,
    /// A RIFF WAVE file with PCM, IEEE float, mu-law or A-law inside.
    Wav,
}

/// A name that is none of [`Encoding::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("encoding {0:?} is not known: give one of {names}", names = Encoding::ALL.map(Encoding::name).join(", "))]
pub struct UnknownEncoding(pub String);

impl Encoding {
    /// Whether few bytes may hold much audio.
    pub const fn is_compressed(self) -> bool {
        matches!(self, Self::Flac | Self::OggOpus)
    }

    /// Every encoding.
    pub const ALL: [Self; 7] =
        [Self::Linear16, Self::Float32, Self::Mulaw, Self::Alaw, Self::Flac, Self::OggOpus, Self::Wav];

    /// Stable name, as clients and records spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear16 => "LINEAR16",
            Self::Float32 => "FLOAT32",
            Self::Mulaw => "MULAW",
            Self::Alaw => "ALAW",
            Self::Flac => "FLAC",
            Self::OggOpus => "OGG_OPUS",
            Self::Wav => "WAV",
        }
    }

    /// Whether the bytes tell their own rate and channels.
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Flac | Self::OggOpus | Self::Wav)
    }

    /// Guesses a file's encoding from its first bytes; 4 are enough. `None` when they are no known
    /// file's. Variants of WAVE that cannot be read (RIFX, RF64) count as WAV, whose reader names them.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes.first_chunk::<4>()? {
            b"RIFF" | b"RIFX" | b"RF64" => Some(Self::Wav),
            b"fLaC" => Some(Self::Flac),
            b"OggS" => Some(Self::OggOpus),
            _ => None,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Accepts the names of [`Encoding::name`] in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownEncoding(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back_to_its_encoding() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.name().parse(), Ok(encoding));
            assert_eq!(encoding.name().to_lowercase().parse(), Ok(encoding));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let refused = "MP3".parse::<Encoding>().expect_err("not read");
        assert!(refused.to_string().contains("OGG_OPUS"), "{refused}");
    }

    #[test]
    fn files_are_told_by_their_first_four_bytes() {
        assert_eq!(Encoding::sniff(b"RIFF"), Some(Encoding::Wav));
        assert_eq!(Encoding::sniff(b"fLaC\0"), Some(Encoding::Flac));
        assert_eq!(Encoding::sniff(b"OggS\0"), Some(Encoding::OggOpus));
        assert_eq!(Encoding::sniff(b"path,corpus"), None);
        assert_eq!(Encoding::sniff(b"RIF"), None);
    }
}
