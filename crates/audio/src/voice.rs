//! How probable it is that somebody speaks, frame by frame.

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
    levelled: Vec<f32>,
}

impl Voice {
    pub(crate) fn new() -> Self {
        let levelled = Vec::with_capacity(FRAME);
        let mut voice = Self { detector: Box::default(), level: 0.0, noise: Noise(1), levelled };
        for _ in 0..WARM_UP_FRAMES {
            voice.hear(&[0.0; FRAME], 1.0);
        }
        voice
    }

    /// Probability that `frame`, of exactly [`FRAME`] samples in [-1, 1], holds speech.
    pub(crate) fn probability(&mut self, frame: &[f32]) -> f32 {
        let square_sum: f32 = frame.iter().map(|sample| sample * sample).sum();
        let rms = (square_sum / FRAME as f32).sqrt();
        if rms < SILENCE_RMS {
            return 0.0;
        }
        self.level = rms.max(self.level * RELEASE_PER_FRAME);
        self.hear(frame, (TARGET_RMS / self.level).clamp(1.0, MOST_GAIN))
    }

    fn hear(&mut self, frame: &[f32], gain: f32) -> f32 {
        let Self { noise, levelled, .. } = self;
        levelled.clear();
        levelled.extend(frame.iter().map(|sample| (sample * gain + noise.next()).clamp(-1.0, 1.0)));
        self.detector.predict_f32(levelled)
    }
}

/// White noise of [`FLOOR_RMS`], the same in every stream: a linear congruential generator with the
/// constants of Numerical Recipes (Press et al. 1992, section 7.1).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Evenly spread over [-1, 1), whose root mean square is 1 / sqrt(3).
        let unit = (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0;
        unit * FLOOR_RMS * 3.0_f32.sqrt()
    }
}
