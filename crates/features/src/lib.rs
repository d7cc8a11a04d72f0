//! The feature maths: log-mel, MFCC with deltas, and per-frame prosody, in the one implementation that
//! training and serving share.
//!
//! A [`Recipe`] names every parameter, a [`FeatureExtractor`] turns samples into frames. Frame `i` covers
//! samples `[i * hop, i * hop + window)`, without padding at the clip's ends. How samples are cut into calls
//! never changes a bit of the frames, and no call allocates once the caller's buffer has grown.
#![forbid(unsafe_code)]

mod bands;
mod columns;
mod delta;
mod error;
mod extractor;
mod fingerprint;
mod log_scale;
mod mel;
mod mfcc;
mod named;
mod prosody;
mod recipe;
mod sample_buffer;
mod spectrum;
mod stage;
mod validation;
mod yin;

pub use bands::MelBands;
pub use error::{Mistake, RecipeError};
pub use extractor::FeatureExtractor;
pub use recipe::{Block, F0, LogMel, LogScale, Mel, MelNorm, MelScale, Mfcc, Prosody, Recipe, WindowShape};
