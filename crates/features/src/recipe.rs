//! A recipe: every parameter of the feature maths, as bundles and training runs write it down.

use crate::RecipeError;
use serde::{Deserialize, Serialize};

/// Every parameter of the features. Two recipes with the same [`Recipe::fingerprint`] give the same frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Rate of the samples in Hz.
    pub sample_rate_hz: u32,
    /// Samples that one frame covers; even.
    pub window_samples: u32,
    /// Samples from one frame's start to the next; at most `window_samples`.
    pub hop_samples: u32,
    /// Length of the Fourier transform, a power of two; the window is padded with zeros up to it.
    pub fft_size: u32,
    /// What the frame is multiplied with before the transform.
    pub window: WindowShape,
    /// What a frame holds, in the order of its columns; each kind at most once.
    pub blocks: Vec<Block>,
}

/// Shape of the analysis window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowShape {
    /// `0.5 - 0.5 cos(2 pi n / N)` for `n` in `0..N` (the DFT-even Hann window; Harris 1978).
    HannPeriodic,
}

/// A group of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Logarithms of mel band powers: `mel_00`, `mel_01`, ...
    LogMel(LogMel),
    /// Mel-frequency cepstral coefficients: `mfcc_00`, ..., then their deltas.
    Mfcc(Mfcc),
    /// Loudness, noisiness and pitch.
    Prosody(Prosody),
}

/// Logarithms of mel band powers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogMel {
    /// The bands.
    pub mel: Mel,
    /// The logarithm.
    pub log: LogScale,
}

/// Mel-frequency cepstral coefficients (Davis and Mermelstein 1980): the orthonormal DCT-II of logarithmic
/// mel band powers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mfcc {
    /// How many coefficients, the zeroth included; at most `mel.bins`.
    pub coefficients: u32,
    /// The bands.
    pub mel: Mel,
    /// The logarithm.
    pub log: LogScale,
    /// 0: none; 1: first derivatives over time; 2: second derivatives too.
    pub deltas: u32,
    /// Frames over which derivatives are fitted; odd. Without deltas it has no effect.
    pub delta_width: u32,
}

/// Triangular mel bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mel {
    /// How many.
    pub bins: u32,
    /// Lower edge of the first band in Hz.
    pub f_min_hz: f64,
    /// Upper edge of the last band in Hz.
    pub f_max_hz: f64,
    /// The mel scale on which the bands are equally spaced.
    pub scale: MelScale,
    /// How the bands are weighted.
    pub norm: MelNorm,
}

/// A formula for the mel scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// `2595 log10(1 + f / 700)` (O'Shaughnessy 1987; the HTK Book).
    Htk,
    /// Linear below 1 kHz, logarithmic above (Slaney 1998, Auditory Toolbox).
    Slaney,
}

/// How mel triangles are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// Every triangle peaks at 1.
    None,
    /// Every triangle has the area 1 over Hz (Slaney 1998).
    Slaney,
}

/// A logarithm that has a value for silence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LogScale {
    /// `ln(power + floor)`.
    Natural {
        /// Added to the power; above 0.
        floor: f64,
    },
    /// `10 log10(max(power, floor))`, as librosa's `power_to_db` gives with `top_db=None`.
    Decibel {
        /// Lower powers count as this; above 0.
        floor: f64,
    },
}

/// Loudness, noisiness and pitch of a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prosody {
    /// Whether there is `rms`: the root of the mean square of the frame's samples.
    pub rms: bool,
    /// Whether there is `zcr`: sign changes within the frame, divided by its samples.
    pub zcr: bool,
    /// Whether there are `f0_hz` and `voicing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f0: Option<F0>,
}

/// Pitch by YIN (de Cheveigné and Kawahara 2002): `f0_hz`, 0 in unvoiced frames, and `voicing`, from 0
/// (noise) to 1 (perfectly periodic).
///
/// The analysis span ends with the frame, so pitch needs no sample behind the frame: it is the pitch at the
/// span's middle. Samples before the stream's start count as 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct F0 {
    /// Lowest pitch looked for, in Hz.
    pub min_hz: f64,
    /// Highest pitch looked for, in Hz.
    pub max_hz: f64,
    /// The first period whose normalised difference falls below this is taken; between 0 and 1.
    pub threshold: f64,
    /// Length of the analysis span; at least two of the longest periods.
    pub span_samples: u32,
}

impl Recipe {
    /// Reads a recipe and checks it.
    pub fn from_json(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = serde_json::from_str(text)?;
        recipe.validate()?;
        Ok(recipe)
    }

    /// The canonical JSON: compact, every field in the order of its declaration.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a recipe holds numbers, enums and lists, which JSON can write")
    }
}
