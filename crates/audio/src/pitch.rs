//! The fundamental frequency of a voice, roughly and cheaply: on the sound at 4 kHz, by normalised cross-correlation (Talkin
//! 1995, "A robust algorithm for pitch tracking").

use undertone_core::PIPELINE_RATE;

const DECIMATION: usize = 4;
/// 400 Hz.
const SHORTEST_LAG: usize = 10;
/// 60 Hz.
const LONGEST_LAG: usize = 66;
/// 32 ms.
const WINDOW: usize = 128;
const HELD: usize = WINDOW + LONGEST_LAG;
/// Frames that resemble themselves less, a period later, are not voiced.
const VOICED: f32 = 0.6;
/// A shorter period that fits nearly as well as the best one is the period itself; the longer ones are its multiples.
const NEARLY: f32 = 0.9;

/// Hears the fundamental frequency of what was pushed last.
pub(crate) struct Pitch {
    /// The newest samples at 4 kHz, the oldest at `oldest`, and round.
    held: [f32; HELD],
    oldest: usize,
    /// Sum of the four samples before, of those under way, and how many these are.
    before: f32,
    sum: f32,
    count: usize,
}

impl Pitch {
    pub(crate) fn new() -> Self {
        Self { held: [0.0; HELD], oldest: 0, before: 0.0, sum: 0.0, count: 0 }
    }

    /// Takes the next samples, few at a time.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        let (head, rest) = samples.split_at(samples.len().min((DECIMATION - self.count) % DECIMATION));
        let (whole, tail) = rest.as_chunks::<DECIMATION>();
        self.push_few(head);
        for &[first, second, third, fourth] in whole {
            self.take(first + second + third + fourth);
        }
        self.push_few(tail);
    }

    fn push_few(&mut self, samples: &[f32]) {
        for &sample in samples {
            self.sum += sample;
            self.count += 1;
            if self.count == DECIMATION {
                self.take(self.sum);
                (self.sum, self.count) = (0.0, 0);
            }
        }
    }

    /// Takes the sum of four samples. The mean of eight keeps out most of what lies above 2 kHz.
    fn take(&mut self, sum: f32) {
        self.held[self.oldest] = (self.before + sum) * (1.0 / (2 * DECIMATION) as f32);
        self.oldest = if self.oldest + 1 == HELD { 0 } else { self.oldest + 1 };
        self.before = sum;
    }

    /// The fundamental frequency of the last 50 ms in Hz; none when they are not voiced.
    pub(crate) fn hz(&self) -> Option<f32> {
        let mean = self.held.iter().sum::<f32>() / HELD as f32;
        let mut centred = self.held.map(|sample| sample - mean);
        centred.rotate_left(self.oldest);
        let now = &centred[LONGEST_LAG..];
        let energies = energies(&centred);
        let mut likeness = [0.0_f32; LONGEST_LAG + 1];
        for (lag, likeness) in likeness.iter_mut().enumerate().skip(SHORTEST_LAG - 1) {
            let then = &centred[LONGEST_LAG - lag..][..WINDOW];
            *likeness = dot(now, then) / (energies[0] * energies[lag]).sqrt().max(1e-12) as f32;
        }
        let mut peaks = (SHORTEST_LAG..LONGEST_LAG)
            .filter(|&lag| likeness[lag] >= likeness[lag - 1] && likeness[lag] > likeness[lag + 1]);
        let best = peaks.clone().map(|lag| likeness[lag]).fold(0.0, f32::max);
        if best < VOICED {
            return None;
        }
        let lag = peaks.find(|&lag| likeness[lag] >= NEARLY * best)?;
        let period = lag as f32 + vertex([likeness[lag - 1], likeness[lag], likeness[lag + 1]]);
        Some(PIPELINE_RATE.hz() as f32 / DECIMATION as f32 / period)
    }
}

/// Where the parabola through three points, a peak in the middle, has its vertex; from -0.5 to 0.5.
fn vertex([left, middle, right]: [f32; 3]) -> f32 {
    let bend = left - 2.0 * middle + right;
    if bend < 0.0 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

/// For every lag the sum of squares over the window so much earlier, each from the one before it.
fn energies(centred: &[f32; HELD]) -> [f64; LONGEST_LAG + 1] {
    let square = |place: usize| f64::from(centred[place]) * f64::from(centred[place]);
    let mut energies = [0.0; LONGEST_LAG + 1];
    energies[0] = (LONGEST_LAG..HELD).map(square).sum();
    for lag in 1..=LONGEST_LAG {
        let begin = LONGEST_LAG - lag;
        energies[lag] = (energies[lag - 1] + square(begin) - square(begin + WINDOW)).max(0.0);
    }
    energies
}

/// In eight sums, which a processor adds at once.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (left, right) in left.chunks_exact(8).zip(right.chunks_exact(8)) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone with overtones, as a voice has them.
    fn voice(hz: f32) -> Vec<f32> {
        let phase = |n: usize| n as f32 / 16_000.0 * hz * std::f32::consts::TAU;
        (0..1_600)
            .map(|n| (1..=5).map(|k| (k as f32 * phase(n)).sin() / k as f32).sum::<f32>() * 0.2)
            .collect()
    }

    #[test]
    fn the_pitch_of_voices_is_heard_to_three_percent() {
        for hz in [70.0, 110.0, 150.0, 220.0, 300.0, 380.0] {
            let mut pitch = Pitch::new();
            pitch.push(&voice(hz));
            let heard = pitch.hz().expect("it is voiced");
            assert!((heard / hz - 1.0).abs() < 0.03, "{heard} Hz for {hz} Hz");
        }
    }

    #[test]
    fn neither_noise_nor_silence_nor_a_constant_is_voiced() {
        let mut word = 1_u32;
        let mut noise = || {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        for samples in [(0..1_600).map(|_| noise()).collect(), vec![0.0; 1_600], vec![0.5; 1_600]] {
            let mut pitch = Pitch::new();
            pitch.push(&samples);
            assert_eq!(pitch.hz(), None);
        }
    }
}
