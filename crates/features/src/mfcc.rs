//! The cosine transform from logarithmic band powers to cepstral coefficients.

use std::f64::consts::PI;

/// The first rows of the orthonormal DCT-II:
/// `c_k = s_k sum_n x_n cos(pi k (2n + 1) / 2N)`, `s_0 = sqrt(1/N)`, else `s_k = sqrt(2/N)`.
#[derive(Debug, Clone)]
pub(crate) struct CosineTransform {
    inputs: usize,
    rows: Vec<f32>,
}

impl CosineTransform {
    pub(crate) fn new(coefficients: usize, inputs: usize) -> Self {
        let weight = |k: usize, n: usize| {
            let scale = if k == 0 { 1.0 } else { 2.0 } / inputs as f64;
            scale.sqrt() * (PI * k as f64 * (2 * n + 1) as f64 / (2 * inputs) as f64).cos()
        };
        let rows = (0..coefficients).flat_map(|k| (0..inputs).map(move |n| weight(k, n) as f32)).collect();
        Self { inputs, rows }
    }

    /// Writes the coefficients of `values` into `out`.
    pub(crate) fn apply(&self, values: &[f32], out: &mut [f32]) {
        for (coefficient, row) in out.iter_mut().zip(self.rows.chunks_exact(self.inputs)) {
            *coefficient = row.iter().zip(values).map(|(weight, value)| weight * value).sum();
        }
    }
}
