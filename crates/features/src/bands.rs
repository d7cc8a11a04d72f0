//! Powers in mel bands, for those who want nothing else of a frame.

use crate::mel::MelFilters;
use crate::spectrum::{MIN_FFT_SIZE, PowerSpectrum};
use crate::{Mel, WindowShape};

/// Powers in mel bands of single frames, whatever the frames before them were. Clones share their tables.
#[derive(Debug, Clone)]
pub struct MelBands {
    spectrum: PowerSpectrum,
    filters: MelFilters,
    window_samples: usize,
    bands: usize,
}

impl MelBands {
    /// Bands whose edges were moved down to bins of the transform: bin `floor((fft_size + 1) f / sample_rate)` for `f` Hz, as
    /// in python_speech_features. Frames have `window_samples` samples and are padded with zeros to `fft_size`.
    ///
    /// # Panics
    /// Unless `window_samples` is even and at most `fft_size`, that a power of two of at least 16, and the bands lie below half of
    /// the rate.
    pub fn on_bins(mel: &Mel, window_samples: usize, fft_size: usize, sample_rate_hz: u32) -> Self {
        assert!(fft_size.is_power_of_two() && fft_size >= MIN_FFT_SIZE as usize, "a transform of {fft_size}");
        assert!(
            window_samples.is_multiple_of(2) && window_samples <= fft_size,
            "a window of {window_samples}"
        );
        assert!(mel.f_max_hz <= f64::from(sample_rate_hz) / 2.0, "bands up to {} Hz", mel.f_max_hz);
        Self {
            spectrum: PowerSpectrum::new(WindowShape::HannPeriodic, window_samples, fft_size),
            filters: MelFilters::on_bins(mel, fft_size, sample_rate_hz),
            window_samples,
            bands: mel.bins as usize,
        }
    }

    /// Writes the powers of `frame` into `powers`, one per band.
    ///
    /// # Panics
    /// Unless `frame` has the samples of a window, and `powers` a place for each band.
    pub fn of(&self, frame: &[f32], powers: &mut [f32]) {
        assert_eq!(frame.len(), self.window_samples, "samples of a window");
        assert_eq!(powers.len(), self.bands, "places for bands");
        self.spectrum.of(frame, |spectrum| self.filters.apply(spectrum, powers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MelNorm, MelScale};

    #[test]
    fn a_tone_on_the_bin_of_an_edge_is_heard_in_the_band_that_has_it_in_its_middle() {
        let mel =
            Mel { bins: 4, f_min_hz: 0.0, f_max_hz: 8_000.0, scale: MelScale::Htk, norm: MelNorm::None };
        // The edges in mel are 568 apart: 0, 458.8, 1218.4, 2475.9, 4557.6 and 8000 Hz; in bins of 62.5 Hz:
        let edges = [0, 7, 19, 39, 73, 128];
        let bands = MelBands::on_bins(&mel, 256, 256, 16_000);
        for (band, bin) in edges[1..5].iter().enumerate() {
            let tone = |n: usize| (std::f32::consts::TAU * (bin * n) as f32 / 256.0).cos();
            let frame: Vec<f32> = (0..256).map(tone).collect();
            let mut powers = [0.0; 4];
            bands.of(&frame, &mut powers);
            // A window of Hann has half of the samples' height in the bin, and a quarter in both of its neighbours.
            let (left, right) = ((bin - edges[band]) as f32, (edges[band + 2] - bin) as f32);
            let expected = 64.0_f32.powi(2) * (1.0 + 0.25 * (2.0 - 1.0 / left - 1.0 / right));
            assert!((powers[band] / expected - 1.0).abs() < 1e-4, "{band}: {powers:?} {expected}");
        }
    }
}
