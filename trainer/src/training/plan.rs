//! Every number that training depends on.

use serde::{Deserialize, Serialize};

/// How to learn. With the same plan, the same examples and the same number of threads, training gives the
/// same parameters to the last bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Seed of everything random.
    pub seed: u32,
    /// Passes over the clips.
    pub epochs: usize,
    /// Clips per step.
    pub batch: usize,
    /// Highest learning rate; reached after a tenth of the steps, then cosine to 0.
    pub learning_rate: f32,
    /// Decay of matrices per step, times the learning rate (AdamW).
    pub weight_decay: f32,
    /// Gradients longer than this are shortened to it.
    pub gradient_clip: f32,
    /// Share of the old value in the moving average of all parameters.
    pub average_decay: f32,
    /// What is changed about the clips.
    pub augmentation: Augmentation,
}

/// How training clips are changed, differently in every epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Longer utterances are cut to so many frames at a random place.
    pub crop_frames: usize,
    /// Probability that steady noise is added.
    pub noise: f32,
    /// Number of masks over bins and over time.
    pub masks: usize,
    /// Most bins of one mask.
    pub mask_bins: usize,
    /// Most frames of one mask.
    pub mask_frames: usize,
    /// Probability that an utterance is mixed with another one.
    pub mixup: f32,
    /// Probability that the labels share evenly.
    pub label_smoothing: f32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 60,
            batch: 32,
            learning_rate: 4e-3,
            weight_decay: 0.05,
            gradient_clip: 2.0,
            average_decay: 0.995,
            augmentation: Augmentation::default(),
        }
    }
}

impl Default for Augmentation {
    /// Light, as it suits long training.
    fn default() -> Self {
        Self {
            crop_frames: 192,
            noise: 0.2,
            masks: 2,
            mask_bins: 8,
            mask_frames: 15,
            mixup: 0.2,
            label_smoothing: 0.1,
        }
    }
}
