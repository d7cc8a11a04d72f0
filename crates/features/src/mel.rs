//! Triangular mel bands over a power spectrum.

use crate::{Mel, MelNorm, MelScale};
use std::ops::Range;
use std::sync::Arc;

/// Sums run over this many lanes, so that they compile to vector instructions; weights are padded to it.
pub(crate) const LANES: usize = 8;

/// The bands' weights, only where they are not 0; shared by all streams.
#[derive(Debug, Clone)]
pub(crate) struct MelFilters(Arc<Weights>);

#[derive(Debug)]
struct Weights {
    bands: Vec<Band>,
    weights: Vec<f32>,
}

#[derive(Debug, Clone)]
struct Band {
    first_bin: usize,
    weights: Range<usize>,
}

impl MelFilters {
    /// Weights for the spectrum of an FFT of `fft_size` at `sample_rate_hz`.
    pub(crate) fn new(mel: &Mel, fft_size: usize, sample_rate_hz: u32) -> Self {
        Self::between(&mel.edges_hz(), mel, fft_size, sample_rate_hz)
    }

    /// The same, with edges that were moved down to bins.
    pub(crate) fn on_bins(mel: &Mel, fft_size: usize, sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz);
        let bin = |hz: f64| ((fft_size + 1) as f64 * hz / rate).floor();
        let edges: Vec<f64> = mel.edges_hz().into_iter().map(|hz| bin(hz) * rate / fft_size as f64).collect();
        Self::between(&edges, mel, fft_size, sample_rate_hz)
    }

    fn between(edges: &[f64], mel: &Mel, fft_size: usize, sample_rate_hz: u32) -> Self {
        let mut filters = Weights { bands: Vec::with_capacity(mel.bins as usize), weights: Vec::new() };
        for edge in edges.windows(3) {
            let triangle = Triangle { left: edge[0], centre: edge[1], right: edge[2], norm: mel.norm };
            filters.add(&triangle, fft_size, sample_rate_hz);
        }
        Self(Arc::new(filters))
    }

    /// Bands that no bin of the spectrum falls into.
    pub(crate) fn empty_bands(&self) -> usize {
        self.0.bands.iter().filter(|band| band.weights.is_empty()).count()
    }

    /// Writes the bands' powers into `out`, one per band.
    /// `power` holds the spectrum and at least [`LANES`] zeros behind it.
    pub(crate) fn apply(&self, power: &[f32], out: &mut [f32]) {
        let Weights { bands, weights } = &*self.0;
        for (value, band) in out.iter_mut().zip(bands) {
            *value = dot(&weights[band.weights.clone()], &power[band.first_bin..]);
        }
    }
}

impl Weights {
    fn add(&mut self, triangle: &Triangle, fft_size: usize, sample_rate_hz: u32) {
        let bin_hz = f64::from(sample_rate_hz) / fft_size as f64;
        let start = self.weights.len();
        let mut first_bin = 0;
        for bin in 0..=fft_size / 2 {
            let weight = triangle.weight_at(bin as f64 * bin_hz);
            if weight > 0.0 {
                if self.weights.len() == start {
                    first_bin = bin;
                }
                self.weights.push(weight as f32);
            }
        }
        let padded = start + (self.weights.len() - start).next_multiple_of(LANES);
        self.weights.resize(padded, 0.0);
        self.bands.push(Band { first_bin, weights: start..padded });
    }
}

struct Triangle {
    left: f64,
    centre: f64,
    right: f64,
    norm: MelNorm,
}

impl Triangle {
    fn weight_at(&self, hz: f64) -> f64 {
        let rising = (hz - self.left) / (self.centre - self.left);
        let falling = (self.right - hz) / (self.right - self.centre);
        let height = match self.norm {
            MelNorm::None => 1.0,
            MelNorm::Slaney => 2.0 / (self.right - self.left),
        };
        height * rising.min(falling).max(0.0)
    }
}

impl Mel {
    /// The `bins + 2` frequencies, equally spaced in mel, between which the triangles stand.
    fn edges_hz(&self) -> Vec<f64> {
        let low = self.scale.mel_of(self.f_min_hz);
        let high = self.scale.mel_of(self.f_max_hz);
        let step = (high - low) / f64::from(self.bins + 1);
        (0..self.bins + 2).map(|edge| self.scale.hz_of(low + f64::from(edge) * step)).collect()
    }
}

/// Slaney's scale: 3 mel per 200 Hz up to 1 kHz, then 27 mel per factor of 6.4.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
const SLANEY_KNEE_HZ: f64 = 1_000.0;
const SLANEY_KNEE_MEL: f64 = SLANEY_KNEE_HZ / SLANEY_HZ_PER_MEL;

fn slaney_log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

impl MelScale {
    fn mel_of(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 2_595.0 * (1.0 + hz / 700.0).log10(),
            Self::Slaney if hz < SLANEY_KNEE_HZ => hz / SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_KNEE_MEL + (hz / SLANEY_KNEE_HZ).ln() / slaney_log_step(),
        }
    }

    fn hz_of(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10.0_f64.powf(mel / 2_595.0) - 1.0),
            Self::Slaney if mel < SLANEY_KNEE_MEL => mel * SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_KNEE_HZ * ((mel - SLANEY_KNEE_MEL) * slaney_log_step()).exp(),
        }
    }
}

fn dot(weights: &[f32], values: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for (weights, values) in weights.chunks_exact(LANES).zip(values.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += weights[lane] * values[lane];
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scales_convert_there_and_back() {
        for scale in [MelScale::Htk, MelScale::Slaney] {
            for hz in [0.0, 50.0, 999.0, 1_000.0, 7_600.0] {
                assert!((scale.hz_of(scale.mel_of(hz)) - hz).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn neighbouring_triangles_of_height_one_sum_to_one() {
        let mel =
            Mel { bins: 40, f_min_hz: 50.0, f_max_hz: 7_600.0, scale: MelScale::Htk, norm: MelNorm::None };
        let filters = MelFilters::new(&mel, 1024, 16_000);
        let mut impulse = vec![0.0; 513 + LANES];
        impulse[200] = 1.0;
        let mut bands = vec![0.0; 40];
        filters.apply(&impulse, &mut bands);
        assert!((bands.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
