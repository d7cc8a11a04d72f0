//! How probable it is that somebody speaks, frame by frame.

mod detector;
mod noise;

use crate::square_sum::SquareSum;
use detector::Detector;
use noise::Noise;

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
/// Frames of [`Noise`] heard beforehand, in which the detector forgets its unnatural first state.
const WARM_UP_FRAMES: usize = 40;

/// Voice probability of successive frames. The detector alone hears a copy levelled by a gain that looks
/// at the past only; without it one RAVDESS clip in fifty would pass unheard.
pub(crate) struct Voice {
    detector: Box<Detector>,
    level: f32,
    noise: Noise,
}

impl Voice {
    pub(crate) fn new() -> Self {
        let mut voice = Self { detector: Box::default(), level: 0.0, noise: Noise::new() };
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
        let mut levelled = [0.0; FRAME];
        self.noise.fill(&mut levelled);
        for (levelled, sample) in levelled.iter_mut().zip(frame) {
            *levelled = (sample * gain + *levelled).clamp(-1.0, 1.0);
        }
        self.detector.probability(&levelled)
    }
}
