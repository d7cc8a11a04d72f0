//! Untrusted bytes to 16 kHz mono samples, and the utterances in them.
//!
//! [`AudioReader`] takes bytes as they come and appends samples in [-1, 1] at
//! [`undertone_core::PIPELINE_RATE`]; [`Segmenter`] finds where somebody speaks. Both work at sample
//! positions only: how the input is cut into calls never changes what comes out. Nothing here does
//! input or output, and no input makes it panic.
#![forbid(unsafe_code)]

mod containment;
mod decoder;
mod encoding;
mod endpointing;
mod error;
mod flac;
mod format;
mod hearing;
mod intake;
mod level;
mod opus;
mod piece;
mod pitch;
mod raw;
mod reader;
mod resampler;
mod sample_format;
mod segmenter;
mod square_sum;
mod voice;
mod wav;

pub use encoding::{Encoding, UnknownEncoding};
pub use endpointing::Endpointing;
pub use error::AudioError;
pub use format::{AudioFormat, AudioLimits};
pub use hearing::Hearing;
pub use level::{Level, LevelMeter};
pub use reader::{AudioReader, read_all};
pub use segmenter::{EndCause, SegmentEvent, Segmenter};
