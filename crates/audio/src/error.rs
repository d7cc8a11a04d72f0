//! Why audio could not be read.

use crate::Encoding;
use undertone_core::{ErrorKind, SampleRate, UnsupportedRate};

/// Reading audio failed. Offsets count bytes, frames count samples of all channels at one time; both
/// from the start of the stream at 0. After an error the reader's state means nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// Not a single byte came.
    #[error("the audio is empty: no byte was received")]
    Empty,
    /// The header is whole but nothing follows it.
    #[error("the {0} audio holds no samples")]
    NoSamples(Encoding),
    /// Without a stated format, the first bytes are those of no known file.
    #[error("the audio is not a WAV, FLAC or Ogg file: it begins with {beginning}")]
    UnknownFile {
        /// The first bytes, printable.
        beginning: String,
    },
    /// The bytes are not what the client said.
    #[error("this is not {expected} audio: it begins with {beginning}")]
    WrongMagic {
        /// What the client said.
        expected: Encoding,
        /// The first bytes, printable.
        beginning: String,
    },
    /// An encoding without a header came without a rate.
    #[error("{0} audio does not tell its sample rate: give one")]
    RateMissing(Encoding),
    /// The rate is outside what is accepted.
    #[error(transparent)]
    Rate(#[from] UnsupportedRate),
    /// The container tells another rate than the client.
    #[error("the sample rate was given as {stated} Hz, but the {encoding} header says {found} Hz", stated = stated.hz())]
    RateMismatch {
        /// Which container.
        encoding: Encoding,
        /// The client's word.
        stated: SampleRate,
        /// The header's word in Hz.
        found: u32,
    },
    /// Too many channels, or none.
    #[error("{found} channels are not supported: give 1 to {max}")]
    Channels {
        /// How many there are.
        found: u16,
        /// How many there may be.
        max: u16,
    },
    /// The container tells another number of channels than the client.
    #[error("the audio was given as {stated} channel(s), but the {encoding} header says {found}")]
    ChannelMismatch {
        /// Which container.
        encoding: Encoding,
        /// The client's word.
        stated: u16,
        /// The header's word.
        found: u16,
    },
    /// The bytes end inside a sample or before every channel has its own.
    #[error(
        "{encoding} audio of {frame_bytes} byte(s) per frame ends with {left} byte(s) left over at byte {offset}"
    )]
    PartialFrame {
        /// Which encoding.
        encoding: Encoding,
        /// Bytes of one sample of every channel.
        frame_bytes: usize,
        /// Bytes behind the last whole frame.
        left: usize,
        /// Where they begin.
        offset: u64,
    },
    /// The bytes end inside a container's header.
    #[error("the {encoding} audio ends at byte {offset}, inside {place}")]
    Truncated {
        /// Which container.
        encoding: Encoding,
        /// What was cut.
        place: &'static str,
        /// Number of bytes received.
        offset: u64,
    },
    /// The data is shorter than the header says.
    #[error("the {encoding} audio is cut short: its header says {expected} {unit}, but {found} came")]
    CutShort {
        /// Which container.
        encoding: Encoding,
        /// What is counted.
        unit: &'static str,
        /// The header's word.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// A container's header contradicts itself or the standard.
    #[error("the {encoding} header is wrong at byte {offset}: {problem}")]
    BadHeader {
        /// Which container.
        encoding: Encoding,
        /// Where the wrong part begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A container holds something that is not read.
    #[error("this {encoding} audio is not supported: {feature}")]
    Unsupported {
        /// Which container.
        encoding: Encoding,
        /// What is not supported.
        feature: String,
    },
    /// The header goes on and on.
    #[error("the {encoding} header is longer than {max} bytes")]
    HeaderTooLong {
        /// Which container.
        encoding: Encoding,
        /// The limit.
        max: u32,
    },
    /// A block of compressed audio is damaged.
    #[error("the {encoding} audio is damaged at byte {offset}: {problem}")]
    Damaged {
        /// Which container.
        encoding: Encoding,
        /// Where the damaged block begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A float sample is not a number or infinite.
    #[error("sample {frame} of channel {channel} is {value}, not a number between -1 and 1")]
    NotFinite {
        /// Which frame.
        frame: u64,
        /// Which channel, from 1.
        channel: u16,
        /// `NaN`, `inf` or `-inf`.
        value: &'static str,
    },
    /// Longer than the limit.
    #[error("the audio is longer than the limit of {max_seconds} s")]
    TooLong {
        /// The limit.
        max_seconds: u32,
    },
    /// Bytes came, or the end was told again, after the end had been told.
    #[error("the audio had already been ended")]
    AlreadyFinished,
    /// The resampler broke a promise of its own.
    #[error("resampling failed: {0}")]
    Resampling(String),
}

impl AudioError {
    /// The kind for the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Resampling(_) | Self::AlreadyFinished => ErrorKind::Internal,
            _ => ErrorKind::InvalidInput,
        }
    }
}

/// The first bytes of something unexpected, printable and short.
pub(crate) fn beginning(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(8)];
    format!("\"{}\"", shown.escape_ascii())
}
