//! The learning rate over the steps.

use std::f32::consts::PI;

const WARM_UP_SHARE: f32 = 0.1;

/// Linear warm-up over a tenth of the steps, then a half cosine to 0 (Loshchilov and Hutter 2017). `step`
/// counts from 0.
pub(super) fn learning_rate(peak: f32, step: usize, steps: usize) -> f32 {
    let warm_up = (WARM_UP_SHARE * steps as f32).max(1.0);
    let step = step as f32;
    if step < warm_up {
        return peak * (step + 1.0) / (warm_up + 1.0);
    }
    let progress = (step - warm_up) / (steps as f32 - warm_up).max(1.0);
    peak * 0.5 * (1.0 + (PI * progress.min(1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_nothing() {
        let rates: Vec<f32> = (0..100).map(|step| learning_rate(2.0, step, 100)).collect();
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|left, right| left >= right));
        assert!((rates[10] - 2.0).abs() < 1e-6 && rates[99] < 0.01 && rates[0] > 0.0);
    }
}
