//! Derivatives of columns over time.

use std::ops::Range;
use undertone_core::Frames;

/// Fills in the derivatives of some columns, holding rows back until their derivatives are known.
///
/// A derivative is that of the polynomial, of the derivative's own order, that fits the surrounding `width`
/// frames best (Savitzky and Golay 1964). The first and last `width / 2` frames have no such surroundings on
/// both sides and take the fit over the clip's first or last `width` frames, which is what
/// `librosa.feature.delta` gives with its default `mode="interp"`. A clip shorter than `width`, which librosa
/// refuses, is fitted as a whole; where it is too short for the polynomial its derivative is 0.
#[derive(Debug, Clone)]
pub(crate) struct DeltaStage {
    dim: usize,
    source: Range<usize>,
    orders: usize,
    width: usize,
    /// The last `width` rows; row `i` of the clip lies at `i % width`.
    ring: Vec<f32>,
    /// Derivatives of the last fit, order by order.
    slopes: Vec<f32>,
    /// The weights of a full fit, order by order.
    kernels: Vec<f64>,
    received: u64,
}

impl DeltaStage {
    /// For rows of `dim` values: derivatives up to `orders` (1 or 2) of the columns `source` go into the columns
    /// right behind them, order by order.
    pub(crate) fn new(dim: usize, source: Range<usize>, orders: usize, width: usize) -> Self {
        let mut kernels = vec![0.0; orders * width];
        fill_kernels(&mut kernels, width);
        Self {
            dim,
            orders,
            width,
            ring: vec![0.0; width * dim],
            slopes: vec![0.0; orders * source.len()],
            source,
            kernels,
            received: 0,
        }
    }

    /// Most later rows that a row waits for.
    pub(crate) fn look_ahead(&self) -> usize {
        self.width - 1
    }

    /// Takes the next row and appends those whose derivatives are now known.
    pub(crate) fn push(&mut self, row: &[f32], frames: &mut Frames) {
        let slot = self.slot(self.received);
        self.ring[slot].copy_from_slice(row);
        self.received += 1;
        let (width, middle) = (self.width as u64, self.width as u64 / 2);
        if self.received < width {
            return;
        }
        self.fit(self.width);
        let newest_known = self.received - 1 - middle;
        let oldest_waiting = if self.received == width { 0 } else { newest_known };
        self.emit(oldest_waiting..newest_known + 1, frames);
    }

    /// The clip is over: appends the rows still waiting and forgets everything.
    pub(crate) fn finish(&mut self, frames: &mut Frames) {
        let received = self.received;
        if received < self.width as u64 {
            let points = received as usize;
            fill_kernels(&mut self.kernels[..self.orders * points], points);
            self.fit(points);
            fill_kernels(&mut self.kernels, self.width);
            self.emit(0..received, frames);
        } else {
            self.emit(received - self.width as u64 / 2..received, frames);
        }
        self.reset();
    }

    pub(crate) fn reset(&mut self) {
        self.received = 0;
    }

    /// Derivatives over the newest `points` rows.
    fn fit(&mut self, points: usize) {
        let columns = self.source.len();
        let oldest = self.received - points as u64;
        for order in 0..self.orders {
            for column in 0..columns {
                let slope: f64 = (0..points)
                    .map(|point| {
                        let row = self.slot(oldest + point as u64).start;
                        let value = self.ring[row + self.source.start + column];
                        self.kernels[order * points + point] * f64::from(value)
                    })
                    .sum();
                self.slopes[order * columns + column] = slope as f32;
            }
        }
    }

    fn emit(&mut self, rows: Range<u64>, frames: &mut Frames) {
        let derived = self.source.end..self.source.end + self.slopes.len();
        for row in rows {
            let slot = self.slot(row);
            let row = &mut self.ring[slot];
            row[derived.clone()].copy_from_slice(&self.slopes);
            frames.push_row(row);
        }
    }

    fn slot(&self, row: u64) -> Range<usize> {
        let start = (row % self.width as u64) as usize * self.dim;
        start..start + self.dim
    }
}

/// Weights that give the first, and if there is room the second, derivative of the best fit to `points` values.
///
/// With `c` the distance from the middle, the best line's slope is `sum(c x) / sum(c^2)`, and the best
/// parabola's second derivative is `2 sum(q x) / sum(q^2)` with `q = c^2 - mean(c^2)`.
fn fill_kernels(kernels: &mut [f64], points: usize) {
    if points == 0 {
        return;
    }
    let centred = |point: usize| point as f64 - (points - 1) as f64 / 2.0;
    let spread: f64 = (0..points).map(|point| centred(point).powi(2)).sum();
    let bend = |point: usize| centred(point).powi(2) - spread / points as f64;
    let bend_spread: f64 = (0..points).map(|point| bend(point).powi(2)).sum();
    for (order, kernel) in kernels.chunks_exact_mut(points).enumerate() {
        for (point, weight) in kernel.iter_mut().enumerate() {
            *weight = match order {
                0 if points >= 2 => centred(point) / spread,
                1 if points >= 3 => 2.0 * bend(point) / bend_spread,
                _ => 0.0,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of one column holding `a + b t + c t^2`, with two columns for its derivatives.
    fn derivatives(values: &[f32]) -> Vec<[f32; 3]> {
        let mut stage = DeltaStage::new(3, 0..1, 2, 9);
        let mut frames = Frames::new(3);
        for &value in values {
            stage.push(&[value, 0.0, 0.0], &mut frames);
        }
        stage.finish(&mut frames);
        (0..frames.len()).map(|row| [frames.row(row)[0], frames.row(row)[1], frames.row(row)[2]]).collect()
    }

    #[test]
    fn a_parabola_has_its_exact_derivatives() {
        let values: Vec<f32> = (0..20).map(|t| 1.0 + 0.5 * t as f32 + 0.25 * (t * t) as f32).collect();
        let rows = derivatives(&values);
        assert_eq!(rows.len(), 20);
        for (t, row) in rows.iter().enumerate() {
            let middle = t.clamp(4, 15) as f32;
            assert!((row[1] - (0.5 + 0.5 * middle)).abs() < 1e-5, "{t}: {row:?}");
            assert!((row[2] - 0.5).abs() < 1e-5, "{t}: {row:?}");
        }
    }

    #[test]
    fn a_short_clip_is_fitted_as_a_whole() {
        assert_eq!(derivatives(&[]), Vec::<[f32; 3]>::new());
        assert_eq!(derivatives(&[3.0]), vec![[3.0, 0.0, 0.0]]);
        assert_eq!(derivatives(&[3.0, 5.0]), vec![[3.0, 2.0, 0.0], [5.0, 2.0, 0.0]]);
        for row in derivatives(&[0.0, 1.0, 4.0, 9.0]) {
            assert!((row[1] - 3.0).abs() < 1e-6 && (row[2] - 2.0).abs() < 1e-6, "{row:?}");
        }
    }
}
