//! The power spectrum of one windowed frame.

use crate::WindowShape;
use crate::mel::LANES;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::cell::RefCell;
use std::f64::consts::TAU;
use std::fmt;
use std::sync::Arc;

/// The shortest transform whose bins fill whole blocks.
pub(crate) const MIN_FFT_SIZE: u32 = 4 * BLOCK_BINS as u32;

/// Windows frames, pads them with zeros and takes the squared magnitude of their Fourier transform.
///
/// A real frame of `N` values is transformed as `N/2` complex ones, even samples in the real parts and odd
/// ones in the imaginary parts (Press et al., Numerical Recipes, section 12.3).
#[derive(Clone)]
pub(crate) struct PowerSpectrum {
    window: Arc<[f32]>,
    fft: Arc<dyn Fft<f32>>,
    twiddles: Arc<[BinBlock]>,
}

/// What one transform needs, and no frame after it.
#[derive(Default)]
struct Room {
    packed: Vec<Complex<f32>>,
    /// Values of `packed` that are not 0.
    filled: usize,
    /// One value longer than the transform.
    transformed: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

thread_local! {
    /// A stream holds none of its own: there are thousands of them, and few threads. Transforms of different lengths on one
    /// thread make room anew each time; all of ours have 1,024 points.
    static ROOM: RefCell<Room> = RefCell::default();
}

impl PowerSpectrum {
    /// For frames of `window_samples`, even, padded to `fft_size`, a power of two of at least [`MIN_FFT_SIZE`].
    pub(crate) fn new(shape: WindowShape, window_samples: usize, fft_size: usize) -> Self {
        let half = fft_size / 2;
        let fft = FftPlanner::new().plan_fft_forward(half);
        ROOM.with_borrow_mut(|room| room.fit(fft.as_ref()));
        Self { window: shape.values(window_samples).into(), twiddles: twiddles(fft_size).into(), fft }
    }

    /// Shows the spectrum of `frame` to `look`: `fft_size / 2 + 1` powers, with [`LANES`] zeros behind them.
    pub(crate) fn of<T>(&self, frame: &[f32], look: impl FnOnce(&[f32]) -> T) -> T {
        ROOM.with_borrow_mut(|room| {
            room.fit(self.fft.as_ref());
            room.pack(frame, &self.window);
            let transformed = &mut room.transformed[..room.packed.len()];
            self.fft.process_immutable_with_scratch(&room.packed, transformed, &mut room.scratch);
            room.unpack(&self.twiddles);
            look(&room.power)
        })
    }
}

impl Room {
    /// Makes room for `fft`, unless there is.
    fn fit(&mut self, fft: &dyn Fft<f32>) {
        let (half, scratch) = (fft.len(), fft.get_immutable_scratch_len());
        if self.packed.len() == half && self.scratch.len() == scratch {
            return;
        }
        let zero = Complex::new(0.0, 0.0);
        *self = Self {
            packed: vec![zero; half],
            filled: 0,
            transformed: vec![zero; half + 1],
            scratch: vec![zero; scratch],
            power: vec![0.0; half + 1 + LANES],
        };
    }

    /// Fills the front of `packed`; behind it the padding is 0.
    fn pack(&mut self, frame: &[f32], window: &[f32]) {
        let pairs = frame.chunks_exact(2).zip(window.chunks_exact(2));
        let filled = pairs.len().min(self.packed.len());
        for (slot, (samples, weights)) in self.packed.iter_mut().zip(pairs) {
            *slot = Complex::new(samples[0] * weights[0], samples[1] * weights[1]);
        }
        if filled < self.filled {
            self.packed[filled..self.filled].fill(Complex::new(0.0, 0.0));
        }
        self.filled = filled;
    }

    /// With `Z` the half transform of length `M`: `E = (Z[k] + conj Z[M-k]) / 2`,
    /// `T = W^k (Z[k] - conj Z[M-k]) / 2i`, `X[k] = E + T`, `conj X[M-k] = E - T`.
    fn unpack(&mut self, twiddles: &[BinBlock]) {
        let half = self.packed.len();
        let middle = half / 2;
        // Periodic: Z[M] = Z[0].
        self.transformed[half] = self.transformed[0];
        let (z, mirrored) = (&self.transformed[..middle], &self.transformed[middle + 1..]);
        let (lower, upper) = self.power[..=half].split_at_mut(middle);
        let spectrum = z.as_chunks().0.iter().zip(mirrored.as_chunks().0.iter().rev()).zip(twiddles);
        let (lower, mirrored_upper) = (lower.as_chunks_mut().0, upper[1..].as_chunks_mut().0);
        let power = lower.iter_mut().zip(mirrored_upper.iter_mut().rev());
        for (((z, mirrored), w), (lower, upper)) in spectrum.zip(power) {
            unpack_block(&BinBlock::new(z), &BinBlock::new(mirrored).reversed(), w, (lower, upper));
        }
        // The middle bin is its own mirror image, where E + T is the conjugate of Z.
        upper[0] = self.transformed[middle].norm_sqr();
    }
}

/// How many bins are unpacked at once: what every processor has vector instructions for.
const BLOCK_BINS: usize = 4;

/// Neighbouring complex values, real and imaginary parts apart, so that they compile to vector instructions.
#[derive(Debug, Clone, Copy)]
struct BinBlock {
    re: [f32; BLOCK_BINS],
    im: [f32; BLOCK_BINS],
}

impl BinBlock {
    fn new(values: &[Complex<f32>; BLOCK_BINS]) -> Self {
        Self { re: values.map(|value| value.re), im: values.map(|value| value.im) }
    }

    fn reversed(mut self) -> Self {
        self.re.reverse();
        self.im.reverse();
        self
    }
}

/// Powers of the bins `k` and, in ascending order, `M - k`.
fn unpack_block(
    z: &BinBlock,
    m: &BinBlock,
    w: &BinBlock,
    (lower, upper): (&mut [f32; BLOCK_BINS], &mut [f32; BLOCK_BINS]),
) {
    for lane in 0..BLOCK_BINS {
        let (even_re, even_im) = (z.re[lane] + m.re[lane], z.im[lane] - m.im[lane]);
        let (odd_re, odd_im) = (z.im[lane] + m.im[lane], m.re[lane] - z.re[lane]);
        let turned_re = odd_re * w.re[lane] - odd_im * w.im[lane];
        let turned_im = odd_re * w.im[lane] + odd_im * w.re[lane];
        let (sum_re, sum_im) = (even_re + turned_re, even_im + turned_im);
        let (difference_re, difference_im) = (even_re - turned_re, even_im - turned_im);
        lower[lane] = 0.25 * (sum_re * sum_re + sum_im * sum_im);
        upper[BLOCK_BINS - 1 - lane] = 0.25 * (difference_re * difference_re + difference_im * difference_im);
    }
}

impl fmt::Debug for PowerSpectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PowerSpectrum").field("fft_size", &(2 * self.fft.len())).finish_non_exhaustive()
    }
}

impl WindowShape {
    fn values(self, samples: usize) -> Vec<f32> {
        match self {
            Self::HannPeriodic => {
                (0..samples).map(|n| (0.5 - 0.5 * (TAU * n as f64 / samples as f64).cos()) as f32).collect()
            }
        }
    }
}

/// `W^k = exp(-2 pi i k / N)` for `k` below `N / 4`.
fn twiddles(fft_size: usize) -> Vec<BinBlock> {
    let twiddle = |k: usize| {
        let angle = -TAU * k as f64 / fft_size as f64;
        Complex::new(angle.cos() as f32, angle.sin() as f32)
    };
    let values: Vec<_> = (0..fft_size / 4).map(twiddle).collect();
    values.as_chunks().0.iter().map(BinBlock::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_transform_equals_the_plain_one() {
        for (window_samples, fft_size) in [(16, 16), (30, 64), (400, 1024)] {
            let frame: Vec<f32> = (0..window_samples).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
            let expected = plain_power(&frame, fft_size);
            let spectrum = PowerSpectrum::new(WindowShape::HannPeriodic, window_samples, fft_size);
            let powers = spectrum.of(&frame, <[f32]>::to_vec);
            for (power, expected) in powers[..=fft_size / 2].iter().zip(expected) {
                assert!((power - expected).abs() < 1e-3, "{power} against {expected} of {fft_size}");
            }
        }
    }

    #[test]
    fn a_frame_does_not_hear_a_longer_one_before_it() {
        let [short, long] =
            [16, 60].map(|samples| PowerSpectrum::new(WindowShape::HannPeriodic, samples, 64));
        let frame: Vec<f32> = (0..60).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
        let alone = short.of(&frame[..16], <[f32]>::to_vec);
        long.of(&frame, |_| ());
        assert_eq!(short.of(&frame[..16], <[f32]>::to_vec), alone);
    }

    fn plain_power(frame: &[f32], fft_size: usize) -> Vec<f32> {
        let mut values = vec![Complex::new(0.0, 0.0); fft_size];
        let window = WindowShape::HannPeriodic.values(frame.len());
        for (slot, (sample, weight)) in values.iter_mut().zip(frame.iter().zip(&window)) {
            slot.re = sample * weight;
        }
        FftPlanner::new().plan_fft_forward(fft_size).process(&mut values);
        values.iter().map(Complex::norm_sqr).collect()
    }
}
