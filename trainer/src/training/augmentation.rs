//! Changes that do not change the emotion.

use super::plan::Augmentation;
use crate::Random;
use undertone_core::FramesView;

/// Frames with label shares, ready for a batch.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) values: Vec<f32>,
    pub(super) shares: Vec<f32>,
}

impl Augmentation {
    /// Cuts, adds noise and masks; `view` holds log powers.
    pub(super) fn change(&self, view: FramesView<'_>, random: &mut Random) -> Vec<f32> {
        let kept = view.len().min(self.crop_frames);
        let start = random.below(view.len() - kept + 1);
        let mut values = view.values[start * view.dim..(start + kept) * view.dim].to_vec();
        if random.chance(self.noise) {
            add_noise(&mut values, view.dim, random);
        }
        centre(&mut values, view.dim);
        self.mask(&mut values, view.dim, random);
        values
    }

    /// Masks bands of bins and spans of time with the utterance's mean, which is 0 here (Park et al. 2019).
    fn mask(&self, values: &mut [f32], dim: usize, random: &mut Random) {
        let frames = values.len() / dim;
        for _ in 0..self.masks {
            let width = random.below(self.mask_bins.min(dim) + 1);
            let first = random.below(dim - width + 1);
            values.chunks_exact_mut(dim).for_each(|row| row[first..first + width].fill(0.0));
            let length = random.below(self.mask_frames.min(frames / 4) + 1);
            let first = random.below(frames - length + 1);
            values[first * dim..(first + length) * dim].fill(0.0);
        }
    }
}

/// Mixes two utterances and their labels (Zhang et al. 2018). `other` is repeated or cut to the length of
/// `one`.
pub(super) fn mix(one: &mut Changed, other: &Changed, share: f32) {
    for (value, other) in one.values.iter_mut().zip(other.values.iter().cycle()) {
        *value = share * *value + (1.0 - share) * other;
    }
    for (value, other) in one.shares.iter_mut().zip(&other.shares) {
        *value = share * *value + (1.0 - share) * other;
    }
}

/// Adds steady noise 10 to 40 dB below the utterance's mean power, falling or rising over the bins by up to
/// 12 dB.
fn add_noise(values: &mut [f32], dim: usize, random: &mut Random) {
    let power = values.iter().map(|value| f64::from(value.exp())).sum::<f64>() / values.len() as f64;
    let level = power.max(f64::MIN_POSITIVE).ln() as f32 - decibels(random.between(10.0, 40.0));
    let tilt = decibels(random.between(-12.0, 12.0));
    for row in values.chunks_exact_mut(dim) {
        for (bin, value) in row.iter_mut().enumerate() {
            let here = level + tilt * (bin as f32 / dim as f32 - 0.5);
            // One degree of freedom per bin and frame, as the power of a noise band has.
            let ripple = -(1.0 - random.unit()).max(1e-6).ln();
            *value = (value.exp() + here.exp() * ripple).ln();
        }
    }
}

/// The natural logarithm of a power ratio given in decibels.
fn decibels(value: f32) -> f32 {
    value * std::f32::consts::LN_10 / 10.0
}

/// Takes each bin's mean away, so that mixing and masking are not about loudness.
fn centre(values: &mut [f32], dim: usize) {
    let frames = (values.len() / dim) as f32;
    let mut mean = vec![0.0; dim];
    for row in values.chunks_exact(dim) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / frames);
    }
    for row in values.chunks_exact_mut(dim) {
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(values: &[f32]) -> FramesView<'_> {
        FramesView { dim: 8, values }
    }

    #[test]
    fn crops_are_no_longer_than_asked_for_and_short_utterances_keep_their_length() {
        let plan = Augmentation { crop_frames: 20, ..Augmentation::default() };
        let mut random = Random::new(1, 0);
        let long: Vec<f32> = (0..8 * 50).map(|_| random.normal()).collect();
        for _ in 0..20 {
            assert_eq!(plan.change(view(&long), &mut random).len(), 8 * 20);
            assert_eq!(plan.change(view(&long[..8 * 16]), &mut random).len(), 8 * 16);
        }
    }

    #[test]
    fn digital_silence_stays_finite() {
        let plan = Augmentation { noise: 1.0, ..Augmentation::default() };
        let silence = vec![1e-10_f32.ln(); 8 * 30];
        let changed = plan.change(view(&silence), &mut Random::new(1, 0));
        assert!(changed.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn mixing_mixes_labels_by_the_same_share() {
        let changed =
            |value: f32, shares: [f32; 2]| Changed { values: vec![value; 8], shares: shares.to_vec() };
        let mut one = changed(1.0, [1.0, 0.0]);
        mix(&mut one, &changed(0.0, [0.0, 1.0]), 0.75);
        assert_eq!((one.values[0], one.shares), (0.75, vec![0.75, 0.25]));
    }
}
