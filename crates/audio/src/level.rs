//! How loud the samples were.

use crate::square_sum::SquareSum;

/// Magnitudes from here on count as clipped: the largest positive 16-bit sample.
const CLIPPED: f32 = 32_767.0 / 32_768.0;
/// Samples that a processor compares at once.
const LANES: usize = 8;

/// How loud some samples were. Full scale is 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// Number of samples.
    pub samples: u64,
    /// Largest magnitude.
    pub peak: f32,
    /// Root of the mean square; 0 when there was no sample.
    pub rms: f32,
    /// Samples at full scale.
    pub clipped: u64,
}

/// Measures level over the samples pushed since the start or the last [`Self::reset`].
#[derive(Debug, Clone, Default)]
pub struct LevelMeter {
    squares: SquareSum,
    peak: f32,
    clipped: u64,
}

impl LevelMeter {
    /// A meter that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.squares.push(samples);
        let mut peaks = [0.0_f32; LANES];
        for chunk in samples.chunks(LANES) {
            for (peak, sample) in peaks.iter_mut().zip(chunk) {
                *peak = peak.max(sample.abs());
            }
        }
        let peak = peaks.into_iter().fold(0.0, f32::max);
        self.peak = self.peak.max(peak);
        if peak >= CLIPPED {
            self.clipped += samples.iter().filter(|sample| sample.abs() >= CLIPPED).count() as u64;
        }
    }

    /// What was measured so far.
    pub fn level(&self) -> Level {
        Level {
            samples: self.squares.samples(),
            peak: self.peak,
            rms: self.squares.mean().sqrt() as f32,
            clipped: self.clipped,
        }
    }

    /// Largest magnitude.
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// Root of the mean square.
    pub fn rms(&self) -> f32 {
        self.level().rms
    }

    /// Samples at full scale.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }

    /// Starts afresh.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_tells_peak_rms_and_clipped_samples() {
        let mut meter = LevelMeter::new();
        meter.push(&[0.0, -1.0]);
        meter.push(&[1.0, 0.0]);
        let level = meter.level();
        assert_eq!((level.samples, level.peak, level.clipped), (4, 1.0, 2));
        assert!((level.rms - 0.5_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn nothing_heard_is_level_zero_and_so_is_a_reset_meter() {
        let mut meter = LevelMeter::new();
        assert_eq!(meter.level(), Level::default());
        meter.push(&[0.5]);
        meter.reset();
        assert_eq!(meter.level(), Level::default());
    }
}
