//! Every number that training depends on.

use crate::MIN_FRAMES;
use serde::{Deserialize, Serialize};

/// How to learn. With the same plan and the same examples, training gives the same parameters on one machine,
/// however many threads it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Seed of everything random; a recipe leaves it to the command line.
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
    /// Share of a teacher's probabilities in what is learnt, when there is a teacher.
    pub teacher_share: f32,
    /// What is changed about the clips.
    pub augmentation: Augmentation,
}

/// How training clips are changed, differently in every epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Longer utterances are cut to so many frames at a random place.
    pub crop_frames: usize,
    /// Probability that steady noise is added.
    pub noise: f32,
    /// The level is changed by up to so many decibels up or down.
    pub gain_db: f32,
    /// Tilt and waves over the bins have up to so many decibels each.
    pub equaliser_db: f32,
    /// The bins are stretched by up to this share, up or down, as a shorter or
    /// longer vocal tract does.
    pub warp: f32,
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

impl Augmentation {
    /// Names of the changes that are switched on and make sense for natural logarithms of mel powers only.
    pub(crate) fn of_mel_powers(&self) -> Vec<&'static str> {
        let changes = [
            ("noise", self.noise),
            ("gain_db", self.gain_db),
            ("equaliser_db", self.equaliser_db),
            ("warp", self.warp),
        ];
        changes.into_iter().filter(|(_, amount)| *amount != 0.0).map(|(name, _)| name).collect()
    }
}

impl Plan {
    /// What cannot be learnt with, each with the name of its setting.
    pub fn mistakes(&self) -> Vec<String> {
        let Self { augmentation, .. } = self;
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let positive = |value: f32| value.is_finite() && value > 0.0;
        let settings = [
            ("epochs", self.epochs > 0, "must be at least 1"),
            ("batch", self.batch > 1, "must be at least 2"),
            ("learning_rate", positive(self.learning_rate), "must be above 0"),
            ("weight_decay", self.weight_decay >= 0.0, "must not be below 0"),
            ("gradient_clip", positive(self.gradient_clip), "must be above 0"),
            ("average_decay", (0.0..1.0).contains(&self.average_decay), "must be at least 0 and below 1"),
            ("teacher_share", share(self.teacher_share), "must be between 0 and 1"),
            ("augmentation.crop_frames", augmentation.crop_frames >= MIN_FRAMES, "must be at least 16"),
            ("augmentation.noise", share(augmentation.noise), "must be between 0 and 1"),
            ("augmentation.gain_db", augmentation.gain_db >= 0.0, "must not be below 0"),
            ("augmentation.equaliser_db", augmentation.equaliser_db >= 0.0, "must not be below 0"),
            (
                "augmentation.warp",
                (0.0..0.5).contains(&augmentation.warp),
                "must be at least 0 and below 0.5",
            ),
            ("augmentation.mixup", share(augmentation.mixup), "must be between 0 and 1"),
            ("augmentation.label_smoothing", share(augmentation.label_smoothing), "must be between 0 and 1"),
        ];
        let wrong = settings.into_iter().filter(|(_, good, _)| !good);
        wrong.map(|(name, _, rule)| format!("{name}: {rule}")).collect()
    }
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
            teacher_share: 0.7,
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
            gain_db: 6.0,
            equaliser_db: 3.0,
            warp: 0.0,
            masks: 2,
            mask_bins: 8,
            mask_frames: 15,
            mixup: 0.2,
            label_smoothing: 0.1,
        }
    }
}
