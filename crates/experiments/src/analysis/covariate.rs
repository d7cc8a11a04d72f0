//! Less noise from what was known before.

use super::estimate::{Effect, Estimate};
use super::strata::{Pooled, Strata};

/// A subject's mean in the experiment and what was known about it in front: its mean of the time before, or the
/// control model's score on the same audio. The covariate must not depend on the arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreseen {
    /// The mean in the experiment.
    pub value: f64,
    /// The covariate.
    pub covariate: f64,
}

/// A difference from which the part that the covariate foretold is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjusted {
    /// The difference, arm less control. Every subject weighs the same in it.
    pub effect: Effect,
    /// By how much the value goes with the covariate.
    pub slope: f64,
    /// Share of the variance that went away, from 0 to 1; about the squared correlation.
    pub saved: f64,
}

/// Least squares of one arm.
struct Spread {
    units: u64,
    value: f64,
    covariate: f64,
    value_value: f64,
    value_covariate: f64,
    covariate_covariate: f64,
}

impl Adjusted {
    /// CUPED (Deng, Xu, Kohavi and Walker 2013): of each value `θ (covariate - its mean)` is taken, with
    /// `θ = cov(value, covariate) / var(covariate)` inside the arms. `None` when an arm has fewer than three subjects.
    /// A covariate that is always the same changes nothing.
    pub fn between(control: &[Foreseen], arm: &[Foreseen]) -> Option<Self> {
        let (control, arm) = (Spread::of(control)?, Spread::of(arm)?);
        let covariates = control.covariate_covariate + arm.covariate_covariate;
        let products = control.value_covariate + arm.value_covariate;
        let slope = if covariates > 0.0 { products / covariates } else { 0.0 };
        Some(Self::told(effect(&control, &arm, 0.0), effect(&control, &arm, slope), slope))
    }

    /// The same within the times between changes of the weights: value and covariate of every subject, pooled over these. The slope
    /// is that of the least variance; a subject's errors of all times are one.
    pub(super) fn within(strata: &Strata, control: &Pooled, arm: &Pooled) -> Self {
        let errors = || control.errors.values().chain(arm.errors.values());
        let squares: f64 = errors().map(|[_, covariate]| covariate * covariate).sum();
        let products: f64 = errors().map(|[value, covariate]| value * covariate).sum();
        let slope = if squares > 0.0 { products / squares } else { 0.0 };
        let effect =
            |slope: f64| strata.effect(&estimate_within(control, slope), &estimate_within(arm, slope));
        Self::told(effect(0.0), effect(slope), slope)
    }

    fn told(before: Effect, after: Effect, slope: f64) -> Self {
        let ratio = (after.standard_error / before.standard_error).powi(2);
        let saved = if ratio.is_finite() { (1.0 - ratio).clamp(0.0, 1.0) } else { 0.0 };
        Self { effect: after, slope, saved }
    }
}

fn estimate_within(own: &Pooled, slope: f64) -> Estimate {
    let [value, covariate] = own.means;
    let squares: f64 =
        own.errors.values().map(|[value, covariate]| (value - slope * covariate).powi(2)).sum();
    let (value, standard_error) = (value - slope * covariate, squares.sqrt());
    Estimate { value, standard_error, units: own.errors.len() as u64 }
}

fn effect(control: &Spread, arm: &Spread, slope: f64) -> Effect {
    Effect::between(&control.estimate(slope), &arm.estimate(slope))
}

impl Spread {
    fn of(subjects: &[Foreseen]) -> Option<Self> {
        let finite = |own: &Foreseen| own.value.is_finite() && own.covariate.is_finite();
        if subjects.len() < 3 || !subjects.iter().all(finite) {
            return None;
        }
        let units = subjects.len() as f64;
        let value = subjects.iter().map(|own| own.value).sum::<f64>() / units;
        let covariate = subjects.iter().map(|own| own.covariate).sum::<f64>() / units;
        let sum = |product: fn(f64, f64) -> f64| -> f64 {
            subjects.iter().map(|own| product(own.value - value, own.covariate - covariate)).sum()
        };
        Some(Self {
            units: subjects.len() as u64,
            value,
            covariate,
            value_value: sum(|value, _| value * value),
            value_covariate: sum(|value, covariate| value * covariate),
            covariate_covariate: sum(|_, covariate| covariate * covariate),
        })
    }

    fn estimate(&self, slope: f64) -> Estimate {
        let residuals =
            self.value_value - 2.0 * slope * self.value_covariate + slope * slope * self.covariate_covariate;
        let units = self.units as f64;
        let variance = residuals.max(0.0) / (units - 1.0);
        Estimate {
            value: self.value - slope * self.covariate,
            standard_error: (variance / units).sqrt(),
            units: self.units,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generator;

    fn subjects(seed: u64, effect: f64, correlation: f64) -> Vec<Foreseen> {
        let mut generator = Generator::new(seed);
        let mut subject = || {
            let covariate = generator.normal();
            let own = (1.0 - correlation * correlation).sqrt() * generator.normal();
            Foreseen { value: effect + correlation * covariate + own, covariate }
        };
        (0..4000).map(|_| subject()).collect()
    }

    #[test]
    fn the_squared_correlation_is_what_is_saved() {
        let adjusted = Adjusted::between(&subjects(1, 0.0, 0.8), &subjects(2, 0.1, 0.8)).unwrap();
        assert!((adjusted.saved - 0.64).abs() < 0.02 && (adjusted.slope - 0.8).abs() < 0.02, "{adjusted:?}");
        assert!((adjusted.effect.value - 0.1).abs() < 4.0 * adjusted.effect.standard_error, "{adjusted:?}");
    }

    #[test]
    fn a_covariate_that_says_nothing_changes_nothing() {
        let constant = |value| Foreseen { value, covariate: 1.0 };
        let (control, arm) = ([1.0, 2.0, 3.0].map(constant), [2.0, 3.0, 4.0].map(constant));
        let adjusted = Adjusted::between(&control, &arm).unwrap();
        assert!((adjusted.effect.value - 1.0).abs() < 1e-12 && adjusted.saved.abs() < 1e-12);
    }

    #[test]
    fn too_few_subjects_or_values_that_are_no_numbers_give_nothing() {
        let subject = Foreseen { value: 1.0, covariate: f64::NAN };
        assert_eq!(Adjusted::between(&[subject; 2], &[subject; 5]), None);
        assert_eq!(Adjusted::between(&[subject; 5], &[subject; 5]), None);
    }
}
