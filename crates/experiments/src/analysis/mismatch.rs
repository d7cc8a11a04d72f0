//! Whether arms have as many units as they should (sample-ratio mismatch).

use crate::ExperimentError;
use crate::numerics::{chi_square_upper, ln_gamma};

/// How tightly the alternatives lie around the shares that should be, in units: deviations of a few points are found
/// soon, and smaller ones with more units.
const CONCENTRATION: f64 = 100.0;

/// Shares that units should have fallen into, and a check of how many did.
///
/// A mismatch means that something loses or moves units after they were drawn, and then no other figure of the
/// experiment can be trusted (Fabijan et al. 2019).
#[derive(Debug, Clone, PartialEq)]
pub struct RatioCheck {
    shares: Vec<f64>,
}

impl RatioCheck {
    /// For arms of these weights; arms of weight 0 are passed over. Fails when none has a weight.
    pub fn new(weights: &[u16]) -> Result<Self, ExperimentError> {
        let sum: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        if sum <= 0.0 {
            return Err(ExperimentError::setting("no arm has a weight"));
        }
        Ok(Self { shares: weights.iter().map(|weight| f64::from(*weight) / sum).collect() })
    }

    /// p-value of Pearson's chi-square test (Pearson 1900), right for one look. `units` are in the order of the
    /// weights; missing ones count as 0.
    pub fn p_value_once(&self, units: &[u64]) -> f64 {
        let pairs = self.pairs(units);
        let total: f64 = pairs.iter().map(|(units, _)| units).sum();
        if total <= 0.0 {
            return 1.0;
        }
        let distance = |(units, share): &(f64, f64)| (units - total * share).powi(2) / (total * share);
        chi_square_upper(pairs.iter().map(distance).sum(), pairs.len() - 1)
    }

    /// How much the numbers speak against the shares, at any look: the ratio of the probabilities of the numbers
    /// under shares from a Dirichlet distribution around the right ones, with 100 as its concentration, and under
    /// the right ones (Lindon and Malek 2022). Right shares ever bring it to `1 / α` with a
    /// probability of at most `α`.
    pub fn e_value(&self, units: &[u64]) -> f64 {
        let pairs = self.pairs(units);
        let total: f64 = pairs.iter().map(|(units, _)| units).sum();
        let of_arm = |(units, share): &(f64, f64)| {
            let prior = CONCENTRATION * share;
            ln_gamma(prior + units) - ln_gamma(prior) - units * share.ln()
        };
        let mixture = ln_gamma(CONCENTRATION) - ln_gamma(CONCENTRATION + total);
        (mixture + pairs.iter().map(of_arm).sum::<f64>()).exp()
    }

    /// As [`Self::p_value`], where weights changed: `periods` are the checks of the times between the changes, in their order, each
    /// with the units that were drawn then. A period's e-value is one whatever came before, so that their product is one as well
    /// (Ramdas, Grünwald, Vovk and Shafer 2023, section 5): all changes together raise a false alarm as seldom as one period.
    pub fn p_value_over<'a>(periods: impl IntoIterator<Item = (&'a Self, &'a [u64])>) -> f64 {
        let evidence: f64 = periods.into_iter().map(|(own, units)| own.e_value(units)).product();
        (1.0 / evidence).min(1.0)
    }

    /// The e-value as a p-value that holds at every look.
    pub fn p_value(&self, units: &[u64]) -> f64 {
        (1.0 / self.e_value(units)).min(1.0)
    }

    fn pairs(&self, units: &[u64]) -> Vec<(f64, f64)> {
        let counted = |arm: usize| units.get(arm).copied().unwrap_or(0) as f64;
        let pairs = self.shares.iter().enumerate().map(|(arm, share)| (counted(arm), *share));
        pairs.filter(|(_, share)| *share > 0.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_numbers_are_no_evidence_and_wrong_ones_are() {
        let check = RatioCheck::new(&[5000, 5000]).unwrap();
        assert!(check.p_value(&[50_000, 50_000]) > 0.9 && check.p_value_once(&[50_000, 50_000]) > 0.99);
        assert!(check.p_value(&[49_000, 51_000]) < 1e-5 && check.p_value_once(&[49_000, 51_000]) < 1e-9);
    }

    #[test]
    fn no_units_and_shadows_say_nothing() {
        let check = RatioCheck::new(&[5000, 0, 5000]).unwrap();
        assert!((check.p_value(&[]) - 1.0).abs() < 1e-9 && (check.p_value_once(&[]) - 1.0).abs() < 1e-12);
        assert!(check.p_value_once(&[500, 1_000_000, 500]) > 0.99);
        assert!(RatioCheck::new(&[0, 0]).is_err());
    }

    #[test]
    fn numbers_are_compared_with_the_weights_of_their_time() {
        let checks = [[9500, 500], [5000, 5000]].map(|weights| RatioCheck::new(&weights).unwrap());
        let over = |units: [[u64; 2]; 2]| {
            RatioCheck::p_value_over(checks.iter().zip(units.iter().map(|own| &own[..])))
        };
        let right = [[9_500, 500], [10_000, 10_000]];
        assert!(over(right) > 0.9);
        // Each is no alarm by itself.
        let lost = [[9_575, 425], [10_000, 9_500]];
        assert!(checks.iter().zip(lost).all(|(check, own)| check.p_value(&own) > 0.01) && over(lost) < 0.01);
        let [sum, total] = [19_500, 10_500];
        assert!(
            checks[1].p_value(&[sum, total]) < 1e-9,
            "all of them together are no fair numbers of the last weights"
        );
    }

    #[test]
    fn a_single_arm_has_all_units() {
        assert!((RatioCheck::new(&[10_000]).unwrap().p_value_once(&[77]) - 1.0).abs() < 1e-12);
    }
}
