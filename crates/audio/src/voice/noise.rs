//! Noise that lies under everything.

use super::FRAME;
use std::sync::LazyLock;

/// Noise at -70 dB under everything, so that the detector never hears the dead silence that real rooms
/// lack: after it, plain hiss would pass for speech.
const RMS: f32 = 0.000_3;
/// After so many frames, half a second, it comes again: long beside the three frames that the detector hears at once, and little
/// to read.
const FRAMES: usize = 32;
/// Constants of Numerical Recipes (Press et al. 1992, section 7.1).
const FACTOR: u32 = 1_664_525;
const SUMMAND: u32 = 1_013_904_223;

/// The same for all streams, and made once.
static FRAMES_OF_NOISE: LazyLock<Vec<[f32; FRAME]>> = LazyLock::new(|| {
    let mut number = 1_u32;
    let mut next = || {
        number = number.wrapping_mul(FACTOR).wrapping_add(SUMMAND);
        // Evenly spread over [-1, 1), whose root mean square is 1 / sqrt(3).
        let unit = (number >> 8) as f32 / (1 << 23) as f32 - 1.0;
        unit * RMS * 3.0_f32.sqrt()
    };
    (0..FRAMES).map(|_| std::array::from_fn(|_| next())).collect()
});

/// White noise of [`RMS`], the same in every stream: a linear congruential generator.
#[derive(Debug, Default)]
pub(super) struct Noise {
    frame: usize,
}

impl Noise {
    /// The next frame of it.
    pub(super) fn next(&mut self) -> &'static [f32; FRAME] {
        let frame = &FRAMES_OF_NOISE[self.frame];
        self.frame = (self.frame + 1) % FRAMES;
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_white_and_as_loud_as_it_says() {
        let mut noise = Noise::default();
        let heard: Vec<f32> = (0..FRAMES).flat_map(|_| *noise.next()).collect();
        let product = |lag: usize| {
            let pairs = heard.iter().zip(&heard[lag..]);
            pairs.map(|(one, other)| f64::from(one * other)).sum::<f64>() / (heard.len() - lag) as f64
        };
        let power = f64::from(RMS).powi(2);
        assert!((product(0) / power - 1.0).abs() < 0.05, "{}", product(0).sqrt());
        for lag in 1..50 {
            assert!((product(lag) / power).abs() < 0.05, "{lag}");
        }
    }
}
