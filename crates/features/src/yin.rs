//! Pitch by YIN.
//!
//! A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", Journal of
//! the Acoustical Society of America 111 (4), 2002. Equation numbers below are the paper's.

use crate::F0;

const LANES: usize = 8;

/// Pitch of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pitch {
    /// In Hz; 0 when the frame is unvoiced.
    pub(crate) hz: f32,
    /// 1 less the normalised difference at the period found, within 0 and 1.
    pub(crate) voicing: f32,
}

/// Finds the pitch of spans of samples.
#[derive(Debug, Clone)]
pub(crate) struct Yin {
    sample_rate_hz: f32,
    min_period: usize,
    max_period: usize,
    integration_samples: usize,
    threshold: f32,
    /// `d'(period)` for every period from 0 to `max_period`.
    normalised: Vec<f32>,
}

impl Yin {
    /// `f0` as [`crate::Recipe::validate`] accepts it.
    pub(crate) fn new(f0: &F0, sample_rate_hz: u32) -> Self {
        let (min_period, max_period) = f0.periods(sample_rate_hz);
        Self {
            sample_rate_hz: sample_rate_hz as f32,
            min_period,
            max_period,
            integration_samples: f0.span_samples as usize - max_period,
            threshold: f0.threshold as f32,
            normalised: vec![1.0; max_period + 1],
        }
    }

    /// The pitch at the middle of `span`, which holds `span_samples`.
    pub(crate) fn pitch_of(&mut self, span: &[f32]) -> Pitch {
        self.normalise(span);
        let voiced = self.first_trough_below_threshold();
        let period = voiced.unwrap_or_else(|| self.deepest());
        let voicing = (1.0 - self.normalised[period]).clamp(0.0, 1.0);
        let hz = voiced.map_or(0.0, |period| self.sample_rate_hz / self.refined(period));
        Pitch { hz, voicing }
    }

    /// Cumulative mean normalised difference, equation 8; 1 where all differences are 0.
    fn normalise(&mut self, span: &[f32]) {
        let mut sum = 0.0_f32;
        for period in 1..=self.max_period {
            let difference = self.difference(span, period);
            sum += difference;
            let mean = sum / period as f32;
            self.normalised[period] = if mean > 0.0 { difference / mean } else { 1.0 };
        }
    }

    /// Equation 6, with the two compared stretches placed symmetrically about the span's middle.
    fn difference(&self, span: &[f32], period: usize) -> f32 {
        let start = (self.max_period - period) / 2;
        let earlier = &span[start..start + self.integration_samples];
        let later = &span[start + period..start + period + self.integration_samples];
        squared_distance(earlier, later)
    }

    /// Step 4: the smallest period whose normalised difference is a minimum below the threshold.
    fn first_trough_below_threshold(&self) -> Option<usize> {
        let values = &self.normalised;
        (self.min_period..self.max_period).find(|&period| {
            let value = values[period];
            let falls = period == self.min_period || value < values[period - 1];
            value < self.threshold && falls && value <= values[period + 1]
        })
    }

    fn deepest(&self) -> usize {
        let mut best = self.min_period;
        for period in self.min_period..=self.max_period {
            if self.normalised[period] < self.normalised[best] {
                best = period;
            }
        }
        best
    }

    /// Step 5: the lowest point of the parabola through the minimum and its neighbours.
    fn refined(&self, period: usize) -> f32 {
        if period == self.min_period || period == self.max_period {
            return period as f32;
        }
        let (left, middle, right) =
            (self.normalised[period - 1], self.normalised[period], self.normalised[period + 1]);
        let curvature = left + right - 2.0 * middle;
        let slope = (right - left) / 2.0;
        if slope.abs() >= curvature.abs() { period as f32 } else { period as f32 - slope / curvature }
    }
}

impl F0 {
    /// Shortest and longest period looked for, in samples.
    pub(crate) fn periods(&self, sample_rate_hz: u32) -> (usize, usize) {
        let rate = f64::from(sample_rate_hz);
        ((rate / self.max_hz).floor() as usize, (rate / self.min_hz).ceil() as usize)
    }
}

/// Sum of squared differences, over lanes so that it compiles to vector instructions.
fn squared_distance(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (left_chunks, right_chunks) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let tail = left_chunks.remainder().iter().zip(right_chunks.remainder());
    let tail: f32 = tail.map(|(a, b)| (a - b) * (a - b)).sum();
    for (left, right) in left_chunks.zip(right_chunks) {
        for lane in 0..LANES {
            let difference = left[lane] - right[lane];
            sums[lane] += difference * difference;
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEECH: F0 = F0 { min_hz: 60.0, max_hz: 500.0, threshold: 0.15, span_samples: 800 };

    fn tone(hz: f32) -> Vec<f32> {
        (0..800).map(|n| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin()).collect()
    }

    #[test]
    fn a_tone_is_voiced_at_its_frequency() {
        let mut yin = Yin::new(&SPEECH, 16_000);
        for hz in [70.0, 123.4, 250.0, 440.0] {
            let pitch = yin.pitch_of(&tone(hz));
            assert!((pitch.hz / hz - 1.0).abs() < 2e-3, "{pitch:?} for {hz} Hz");
            assert!(pitch.voicing > 0.98);
        }
    }

    #[test]
    fn silence_is_unvoiced() {
        let mut yin = Yin::new(&SPEECH, 16_000);
        assert_eq!(yin.pitch_of(&[0.0; 800]), Pitch { hz: 0.0, voicing: 0.0 });
    }

    #[test]
    fn samples_that_are_no_numbers_give_no_pitch() {
        let mut yin = Yin::new(&SPEECH, 16_000);
        assert_eq!(yin.pitch_of(&[f32::NAN; 800]).hz, 0.0);
    }
}
