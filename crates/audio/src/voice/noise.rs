//! Noise that lies under everything. What the trainer heard was cut with it, so its numbers stay as they are.

use super::FRAME;

/// Noise at -70 dB under everything, so that the detector never hears the dead silence that real rooms
/// lack: after it, plain hiss would pass for speech.
const RMS: f32 = 0.000_3;
/// Numbers of the noise that are made at once, each from the one so many places before.
const LANES: usize = 8;
/// Constants of Numerical Recipes (Press et al. 1992, section 7.1).
const FACTOR: u32 = 1_664_525;
const SUMMAND: u32 = 1_013_904_223;

/// White noise of [`RMS`], the same in every stream: a linear congruential generator.
#[derive(Debug)]
pub(super) struct Noise([u32; LANES]);

impl Noise {
    /// The generator at the seed 1.
    pub(super) fn new() -> Self {
        let mut last = 1_u32;
        Self(std::array::from_fn(|_| {
            last = last.wrapping_mul(FACTOR).wrapping_add(SUMMAND);
            last
        }))
    }

    /// The next frame of it.
    pub(super) fn fill(&mut self, noise: &mut [f32; FRAME]) {
        const { assert!(FRAME.is_multiple_of(LANES)) };
        for chunk in noise.as_chunks_mut::<LANES>().0 {
            for (number, noise) in self.0.iter_mut().zip(chunk) {
                // Evenly spread over [-1, 1), whose root mean square is 1 / sqrt(3).
                let unit = (*number >> 8) as i32 as f32 * (1.0 / (1 << 23) as f32) - 1.0;
                *noise = unit * RMS * 3.0_f32.sqrt();
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
                assert_eq!(value, unit * RMS * 3.0_f32.sqrt());
            }
        }
    }
}
