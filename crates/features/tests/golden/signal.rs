//! The signals of `golden/regenerate.py`, computed the same way.

use std::f64::consts::{PI, TAU};

const RATE: f64 = 16_000.0;

/// Five harmonics of a pitch that rises from 110 Hz by 140 Hz per second, over faint noise.
pub(crate) fn glide(samples: usize) -> Vec<f32> {
    let mut noise = Noise { state: 1 };
    let mut phase = 0.0_f64;
    let sample = |n| {
        phase += TAU * pitch_of_glide(n as f64) / RATE;
        let harmonics: f64 = (1..6).map(|k| (f64::from(k) * phase).sin() / f64::from(k)).sum();
        (0.3 * harmonics + 0.001 * noise.next()) as f32
    };
    (0..samples).map(sample).collect()
}

/// The pitch of [`glide`] at sample `position`, in Hz.
pub(crate) fn pitch_of_glide(position: f64) -> f64 {
    110.0 + 140.0 * position / RATE
}

/// White noise.
pub(crate) fn noise(samples: usize) -> Vec<f32> {
    let mut noise = Noise { state: 1 };
    (0..samples).map(|_| (0.1 * noise.next()) as f32).collect()
}

/// A pulse every 145 samples through resonances at 600 and 1400 Hz, over faint noise: a vowel.
pub(crate) fn pulses(samples: usize) -> Vec<f32> {
    let mut noise = Noise { state: 1 };
    let (mut first, mut second) = (Resonance::new(600.0, 80.0), Resonance::new(1_400.0, 120.0));
    let sample = |n: usize| {
        let pulse = if n.is_multiple_of(145) { 1.0 } else { 0.0 };
        (0.02 * second.filter(first.filter(pulse)) + 0.0005 * noise.next()) as f32
    };
    (0..samples).map(sample).collect()
}

/// Knuth's MMIX linear congruential generator, its top 24 bits scaled to [-1, 1).
struct Noise {
    state: u64,
}

impl Noise {
    fn next(&mut self) -> f64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 40) as f64 / 8_388_608.0 - 1.0
    }
}

/// Two poles: `y[n] = x[n] + 2 r cos(theta) y[n-1] - r^2 y[n-2]`.
struct Resonance {
    a: f64,
    b: f64,
    last: f64,
    before: f64,
}

impl Resonance {
    fn new(hz: f64, bandwidth_hz: f64) -> Self {
        let radius = (-PI * bandwidth_hz / RATE).exp();
        let a = 2.0 * radius * (TAU * hz / RATE).cos();
        Self { a, b: radius * radius, last: 0.0, before: 0.0 }
    }

    fn filter(&mut self, x: f64) -> f64 {
        let y = x + self.a * self.last - self.b * self.before;
        self.before = self.last;
        self.last = y;
        y
    }
}
