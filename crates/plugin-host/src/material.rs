//! What plugins are given to see what they make of it.

/// Samples that rise and fall like speech, never silent for long, the same in every run; `seed` makes others.
pub(crate) fn speech(samples: usize, seed: u32) -> Vec<f32> {
    let mut noise = Noise(seed);
    let pitch = 120.0 + 37.0 * (seed % 7) as f32;
    let sample = |n: usize| {
        let time = n as f32 / 16_000.0;
        let turn = |frequency: f32| (std::f32::consts::TAU * (frequency * time).fract()).sin();
        let level = 0.25 + 0.2 * turn(2.3);
        level * (0.6 * turn(pitch) + 0.3 * turn(3.0 * pitch)) + 0.02 * noise.next()
    };
    (0..samples).map(sample).collect()
}

/// `count` frames of `dim` values between -1 and 1, the same in every run; `seed` makes others.
pub(crate) fn frames(count: usize, dim: usize, seed: u32) -> Vec<f32> {
    let mut noise = Noise(seed);
    (0..count * dim).map(|_| noise.next()).collect()
}

/// Numbers between -1 and 1 from a linear congruential generator (Numerical Recipes, 3rd edition, section 7.1).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}
