//! The vocabulary of Undertone and the ports between its parts.
//!
//! Nothing here does work: these are the words that the other crates share, and the traits
//! behind which plugins, stores and clocks stand. This crate depends on no other workspace crate.
#![forbid(unsafe_code)]

mod audio;
mod emotion;
mod error;
mod frames;
mod heard;
mod hex;
mod ids;
mod model;
mod record;
mod scores;

pub use audio::{PIPELINE_RATE, SampleRange, SampleRate, UnsupportedRate};
pub use emotion::Emotion;
pub use error::{EndReason, ErrorKind, PluginError, RecordError};
pub use frames::{FrameGrid, FrameLayout, Frames, FramesView};
pub use heard::{Heard, INPUT_BINS, InputMeasure};
pub use hex::Hex;
pub use ids::{PredictionId, StreamId};
pub use model::{Advance, Classifier, Extractor, Model, ModelRef, StreamClassifier, Streaming, Unready};
pub use record::{
    Clock, Labels, Record, RecordFuture, Recorder, Role, StreamEndRecord, StreamRecord, SystemClock,
    TimeParts, UnixMicros, UtteranceRecord,
};
pub use scores::{Probabilities, Scored};
