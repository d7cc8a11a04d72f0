//! Figures whose error is a sum over subjects.

use super::sums::Cluster;

/// A figure and how each subject moves it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    /// The figure.
    pub(super) value: f64,
    /// By the place of the subject: what it adds to the figure's error, scaled so that the squares sum to the variance.
    pub(super) residuals: Vec<(usize, f64)>,
    /// A standard error that stays where all values are alike.
    pub(super) prior: f64,
}

impl Linear {
    /// From the linearised residuals of the subjects that have a say; `None` of fewer than two.
    pub(super) fn of(value: f64, mut residuals: Vec<(usize, f64)>, prior: f64) -> Option<Self> {
        let scale = scale(residuals.len())?;
        residuals.iter_mut().for_each(|(_, residual)| *residual *= scale);
        Some(Self { value, residuals, prior })
    }

    /// The mean over all answers, as [`Sums::estimate`](super::Sums::estimate) takes it; `range` as there.
    pub(super) fn of_mean(clusters: &[Cluster], range: f64) -> Option<Self> {
        let own = || clusters.iter().enumerate().filter(|(_, own)| own.weight > 0.0);
        let (weight, value) = own().fold((0.0, 0.0), |sum, (_, own)| (sum.0 + own.weight, sum.1 + own.value));
        let mean = value / weight;
        let residual = |(place, own): (usize, &Cluster)| (place, (own.value - mean * own.weight) / weight);
        let residuals: Vec<(usize, f64)> = own().map(residual).collect();
        let prior = 0.5 * range / residuals.len() as f64 * scale(residuals.len())?;
        Self::of(mean, residuals, prior)
    }
}

/// `√(C / (C - 1))` of `C` subjects.
fn scale(subjects: usize) -> Option<f64> {
    (subjects > 1).then(|| (subjects as f64 / (subjects as f64 - 1.0)).sqrt())
}
