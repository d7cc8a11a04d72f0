//! Changes that do not change the emotion.

use super::plan::Augmentation;
use crate::{Network, Random};
use std::f32::consts::TAU;
use undertone_core::FramesView;

/// Drawn ripples of a noise.
const RIPPLES: usize = 509;

/// Frames with label shares, ready for a batch.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) values: Vec<f32>,
    pub(super) shares: Vec<f32>,
}

impl Augmentation {
    /// Cuts, changes level and colour, adds noise, normalises as `network` does, and masks; `view` holds log
    /// powers.
    pub(super) fn change(&self, view: FramesView<'_>, network: &Network, random: &mut Random) -> Vec<f32> {
        let kept = view.len().min(self.crop_frames);
        let start = random.below(view.len() - kept + 1);
        let mut values = view.values[start * view.dim..(start + kept) * view.dim].to_vec();
        if self.warp > 0.0 {
            let stretch = 1.0 + random.between(-self.warp, self.warp);
            values = warped(&values, view.dim, stretch);
        }
        if random.chance(self.noise) {
            add_noise(&mut values, view.dim, random);
        }
        self.colour(&mut values, view.dim, random);
        let mut values = network.normalised(&values);
        self.mask(&mut values, view.dim, random);
        values
    }

    /// Raises or lowers everything by one gain, and the bins by a smooth curve: a tilt and a slow wave.
    fn colour(&self, values: &mut [f32], dim: usize, random: &mut Random) {
        let gain = decibels(random.between(-self.gain_db, self.gain_db));
        let tilt = decibels(random.between(-self.equaliser_db, self.equaliser_db));
        let wave = decibels(random.between(-self.equaliser_db, self.equaliser_db));
        let (turns, phase) = (random.between(0.5, 2.0), random.unit());
        let curve = |bin: usize| {
            let place = bin as f32 / dim as f32;
            gain + tilt * (2.0 * place - 1.0) + wave * (TAU * (turns * place + phase)).sin()
        };
        let curve: Vec<f32> = (0..dim).map(curve).collect();
        for row in values.chunks_exact_mut(dim) {
            row.iter_mut().zip(&curve).for_each(|(value, raise)| *value += raise);
        }
    }

    /// Masks bands of bins and spans of time with the mean, which is 0 here (Park et al. 2019).
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

/// Moves what lies at a bin to `stretch` times the bin's number, as if the vocal tract were that much shorter
/// (vocal tract length perturbation, Jaitly and Hinton 2013; here along the mel axis). What would come from
/// beyond the last bin is the last bin.
fn warped(values: &[f32], dim: usize, stretch: f32) -> Vec<f32> {
    let last = dim - 1;
    let source = |bin: usize| {
        let place = (bin as f32 / stretch).min(last as f32);
        let low = (place as usize).min(last);
        (low, (low + 1).min(last), place - low as f32)
    };
    let sources: Vec<(usize, usize, f32)> = (0..dim).map(source).collect();
    let mut moved = Vec::with_capacity(values.len());
    for row in values.chunks_exact(dim) {
        moved.extend(sources.iter().map(|&(low, high, share)| row[low] + share * (row[high] - row[low])));
    }
    moved
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
    let powers: Vec<f32> =
        (0..dim).map(|bin| (level + tilt * (bin as f32 / dim as f32 - 0.5)).exp()).collect();
    // One degree of freedom per bin and frame, as the power of a noise band has; drawn once and read from random
    // places, which no network can tell from fresh draws.
    let ripples: Vec<f32> = (0..RIPPLES + dim).map(|_| -(1.0 - random.unit()).max(1e-6).ln()).collect();
    for row in values.chunks_exact_mut(dim) {
        let ripples = &ripples[random.below(RIPPLES)..];
        for ((value, power), ripple) in row.iter_mut().zip(&powers).zip(ripples) {
            *value = (value.exp() + power * ripple).ln();
        }
    }
}

/// The natural logarithm of a power ratio given in decibels.
fn decibels(value: f32) -> f32 {
    value * std::f32::consts::LN_10 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Body, CnnShape, Context, Interface, Normalisation};

    fn network() -> Network {
        let body = Body::Cnn(CnnShape { channels: [2, 2, 2, 2], attention: 2 });
        let architecture =
            Architecture { context: Context::Full, normalisation: Normalisation::Utterance, body };
        Network::new(architecture, Interface { dim: 8, labels: 2 }, 1)
    }

    fn view(values: &[f32]) -> FramesView<'_> {
        FramesView { dim: 8, values }
    }

    #[test]
    fn crops_are_no_longer_than_asked_for_and_short_utterances_keep_their_length() {
        let network = network();
        let plan = Augmentation { crop_frames: 20, ..Augmentation::default() };
        let mut random = Random::new(1, 0);
        let long: Vec<f32> = (0..8 * 50).map(|_| random.normal()).collect();
        for _ in 0..20 {
            assert_eq!(plan.change(view(&long), &network, &mut random).len(), 8 * 20);
            assert_eq!(plan.change(view(&long[..8 * 16]), &network, &mut random).len(), 8 * 16);
        }
    }

    #[test]
    fn warping_moves_what_lies_in_a_bin() {
        let row = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(warped(&row, 8, 1.0), row);
        assert_eq!(warped(&row, 8, 2.0), [0.0, 0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn digital_silence_stays_finite() {
        let plan = Augmentation { noise: 1.0, ..Augmentation::default() };
        let silence = vec![1e-10_f32.ln(); 8 * 30];
        let changed = plan.change(view(&silence), &network(), &mut Random::new(1, 0));
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
