//! How probable it is that somebody speaks, frame by frame.

use crate::square_sum::SquareSum;
use earshot::Detector;

/// Samples per frame at the pipeline's rate: 16 ms.
pub(crate) const FRAME: usize = 256;

/// The root mean square to which quiet speech is lifted before the detector hears it. Louder speech is
/// left as it is, because the detector misses shouting that was turned down.
const TARGET_RMS: f32 = 0.035;
/// Most lift: 42 dB. With more, hiss in the last bits of 16-bit audio begins to pass for speech.
const MOST_GAIN: f32 = 128.0;
/// How fast the running level falls after louder frames: 11 dB per second.
const RELEASE_PER_FRAME: f32 = 0.98;
/// Frames quieter than one step of 16-bit audio cannot be speech and teach the detector nothing.
const SILENCE_RMS: f32 = 1.0 / 32_768.0;
/// Noise at -70 dB under everything, so that the detector never hears the dead silence that real rooms
/// lack: after it, plain hiss would pass for speech.
const FLOOR_RMS: f32 = 0.000_3;
/// Frames of that noise heard beforehand, in which the detector forgets its unnatural first state.
const WARM_UP_FRAMES: usize = 40;

/// Voice probability of successive frames. The detector alone hears a copy levelled by a gain that looks
/// at the past only; without it one RAVDESS clip in fifty would pass unheard.
pub(crate) struct Voice {
    detector: Box<Detector>,
    level: f32,
    noise: Noise,
    levelled: Box<[f32; FRAME]>,
}

impl Voice {
    pub(crate) fn new() -> Self {
        let levelled = Box::new([0.0; FRAME]);
        let mut voice = Self { detector: Box::default(), level: 0.0, noise: Noise::new(), levelled };
        for _ in 0..WARM_UP_FRAMES {
            voice.hear(&[0.0; FRAME], 1.0);
        }
        voice
    }

    /// Probability that `frame`, of exactly [`FRAME`] samples in [-1, 1], holds speech.
    pub(crate) fn probability(&mut self, frame: &[f32]) -> f32 {
        let mut squares = SquareSum::default();
        squares.push(frame);
        let rms = squares.mean().sqrt() as f32;
        if rms < SILENCE_RMS {
            return 0.0;
        }
        self.level = rms.max(self.level * RELEASE_PER_FRAME);
        self.hear(frame, (TARGET_RMS / self.level).clamp(1.0, MOST_GAIN))
    }

    fn hear(&mut self, frame: &[f32], gain: f32) -> f32 {
        let Self { noise, levelled, .. } = self;
        noise.fill(levelled);
        for (sample, levelled) in frame.iter().zip(levelled.iter_mut()) {
            *levelled = (sample * gain + *levelled).clamp(-1.0, 1.0);
        }
        self.detector.predict_f32(levelled.as_slice())
    }
}

/// Numbers of the noise that are made at once, each from the one so many places before.
const LANES: usize = 8;
/// Constants of Numerical Recipes (Press et al. 1992, section 7.1).
const FACTOR: u32 = 1_664_525;
const SUMMAND: u32 = 1_013_904_223;

/// White noise of [`FLOOR_RMS`], the same in every stream: a linear congruential generator.
struct Noise([u32; LANES]);

impl Noise {
    /// The generator at the seed 1.
    fn new() -> Self {
        let mut last = 1_u32;
        Self(std::array::from_fn(|_| {
            last = last.wrapping_mul(FACTOR).wrapping_add(SUMMAND);
            last
        }))
    }

    fn fill(&mut self, noise: &mut [f32; FRAME]) {
        const { assert!(FRAME.is_multiple_of(LANES)) };
        for chunk in noise.as_chunks_mut::<LANES>().0 {
            for (number, noise) in self.0.iter_mut().zip(chunk) {
                // Evenly spread over [-1, 1), whose root mean square is 1 / sqrt(3).
                let unit = (*number >> 8) as i32 as f32 * (1.0 / (1 << 23) as f32) - 1.0;
                *noise = unit * FLOOR_RMS * 3.0_f32.sqrt();
                *number = number.wrapping_mul(LEAP.0).wrapping_add(LEAP.1);
            }
        }
    }
}

/// Factor and summand that lead [`LANES`] numbers on.
const LEAP: (u32, u32) = {
    let (mut factor, mut summand, mut step) = (1_u32, 0_u32, 0);
    while step < LANES {
        factor = factor.wrapping_mul(FACTOR);
        summand = summand.wrapping_mul(FACTOR).wrapping_add(SUMMAND);
        step += 1;
    }
    (factor, summand)
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_made_in_lanes_is_that_of_the_generator() {
        let (mut noise, mut number) = (Noise::new(), 1_u32);
        let mut made = [0.0; FRAME];
        for _ in 0..3 {
            noise.fill(&mut made);
            for value in made {
                number = number.wrapping_mul(FACTOR).wrapping_add(SUMMAND);
                let unit = (number >> 8) as f32 / (1 << 23) as f32 - 1.0;
                assert_eq!(value, unit * FLOOR_RMS * 3.0_f32.sqrt());
            }
        }
    }
}
