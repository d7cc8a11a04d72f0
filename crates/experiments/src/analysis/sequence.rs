//! Inference that stays right however often one looks.

use super::estimate::Effect;
use super::interval::Interval;
use crate::ExperimentError;

/// Fewer subjects in an arm say nothing yet: the theory is one of many observations.
const FIRST_LOOK_UNITS: u64 = 25;
/// The part of `alpha` that all blocks behind the first have together.
const LATER_BLOCKS: f64 = 0.1;
/// Sum of `1 / k²` over all `k` from 1 on (Euler 1740).
const SUM_OF_INVERSE_SQUARES: f64 = std::f64::consts::PI * std::f64::consts::PI / 6.0;

/// An asymptotic confidence sequence with a Gaussian mixture (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024) and the
/// e-value that it inverts, the mixture likelihood ratio of Robbins (1970). With `N` subjects and `z` standard errors
/// from the null, and `ρ` as what the mixture is tuned by,
///
/// ```text
/// interval  value ± se √N √( 2 (N ρ² + 1) / (N² ρ²) · ln( √(N ρ² + 1) / α ) )
/// e-value   exp( ρ² N z² / (2 (N ρ² + 1)) ) / √(N ρ² + 1)
/// ρ         √( (-2 ln α + ln(-2 ln α + 1)) / N* )
/// ```
///
/// With many observations the truth lies in all intervals, at every look, with a probability of at least `1 - α`, and
/// an e-value of nothing ever reaches `1 / α` with one of at most `α`. Nothing is given below 25 subjects an arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequence {
    alpha: f64,
    rho_squared: f64,
}

impl Sequence {
    /// One that is narrowest, for its size, at `planned_units` (`N*`). Both are fixed before the first look.
    pub fn new(alpha: f64, planned_units: u64) -> Result<Self, ExperimentError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(ExperimentError::setting(format!("alpha is {alpha}, and it lies between 0 and 1")));
        }
        if planned_units == 0 {
            return Err(ExperimentError::setting("it is planned for 0 units"));
        }
        let surprise = -2.0 * alpha.ln();
        Ok(Self { alpha, rho_squared: (surprise + surprise.ln_1p()) / planned_units as f64 })
    }

    /// The probability of ever being wrong.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The same with an `alpha` that is shared between so many comparisons (Bonferroni). 0 counts as 1.
    pub fn shared(self, comparisons: usize) -> Self {
        Self { alpha: self.alpha / comparisons.max(1) as f64, ..self }
    }

    /// The same for one of many blocks of answers, each looked at on its own however often, the first one 0. It is wrong about any
    /// of them, however many come, with a probability of at most `alpha`: the first block has nine tenths of it, and block `k`
    /// a share of the rest that falls with `k²`.
    pub fn of_block(self, block: usize) -> Self {
        let share = match block {
            0 => 1.0 - LATER_BLOCKS,
            later => LATER_BLOCKS / (SUM_OF_INVERSE_SQUARES * (later as f64).powi(2)),
        };
        Self { alpha: self.alpha * share, ..self }
    }

    /// The interval; `None` while there are too few subjects, or no spread.
    pub fn interval(&self, effect: &Effect) -> Option<Interval> {
        self.z(effect, 0.0)?;
        Some(Interval::around(effect.value, effect.standard_error * self.bound(effect.units)))
    }

    /// How much the observations speak against `null`: the factor by which one who bets against it has multiplied
    /// the stake.
    pub fn e_value(&self, effect: &Effect, null: f64) -> Option<f64> {
        let z = self.z(effect, null)?;
        let (information, shrink) = self.information(effect.units);
        Some((information * z * z / (2.0 * shrink)).exp() / shrink.sqrt())
    }

    /// A p-value of the difference from 0 that holds at every look: the e-value's inverse (Ville 1939).
    pub fn p_value(&self, effect: &Effect) -> Option<f64> {
        self.e_value(effect, 0.0).map(|e_value| (1.0 / e_value).min(1.0))
    }

    /// How many standard errors the interval reaches to either side with so many subjects.
    pub fn bound(&self, units: u64) -> f64 {
        let (information, shrink) = self.information(units);
        (2.0 * shrink / information * (shrink.sqrt() / self.alpha).ln()).sqrt()
    }

    fn z(&self, effect: &Effect, null: f64) -> Option<f64> {
        effect.z(null).filter(|_| effect.fewest >= FIRST_LOOK_UNITS)
    }

    /// `N ρ²` and `N ρ² + 1`.
    fn information(&self, units: u64) -> (f64, f64) {
        let information = units as f64 * self.rho_squared;
        (information, information + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(value: f64, units: u64) -> Effect {
        Effect { value, standard_error: 0.01, units, fewest: units / 2 }
    }

    #[test]
    fn interval_and_p_value_say_the_same() {
        let sequence = Sequence::new(0.05, 5000).unwrap();
        for value in [0.0, 0.02, 0.029, 0.031, 0.04] {
            let effect = effect(value, 4000);
            let interval = sequence.interval(&effect).unwrap();
            assert_eq!(interval.contains(0.0), sequence.p_value(&effect).unwrap() > 0.05, "{value}");
        }
    }

    #[test]
    fn the_bound_is_lowest_near_the_planned_number_and_always_above_the_one_for_one_look() {
        let sequence = Sequence::new(0.05, 5000).unwrap();
        assert!(sequence.bound(5000) < sequence.bound(500) && sequence.bound(5000) < sequence.bound(500_000));
        assert!([500, 5000, 500_000].into_iter().all(|units| sequence.bound(units) > 2.5));
    }

    #[test]
    fn shared_alpha_widens() {
        let sequence = Sequence::new(0.05, 5000).unwrap();
        assert!(sequence.shared(3).bound(5000) > sequence.bound(5000));
        assert_eq!(sequence.shared(0), sequence);
    }

    #[test]
    fn all_blocks_together_have_no_more_than_alpha() {
        let sequence = Sequence::new(0.05, 5000).unwrap();
        let sum: f64 = (0..10_000).map(|block| sequence.of_block(block).alpha()).sum();
        assert!(sum <= 0.05 && sum > 0.049_99, "{sum}");
        let (first, later) = (sequence.of_block(0).bound(5000), sequence.of_block(9).bound(5000));
        assert!(first / sequence.bound(5000) < 1.02, "an experiment of one block pays next to nothing");
        assert!(later / sequence.bound(5000) < 1.7, "{later}");
    }

    #[test]
    fn few_subjects_or_no_spread_give_nothing() {
        let sequence = Sequence::new(0.05, 5000).unwrap();
        assert_eq!(sequence.interval(&effect(0.1, 48)), None);
        assert_eq!(sequence.p_value(&Effect { standard_error: 0.0, ..effect(0.1, 4000) }), None);
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        assert!(Sequence::new(0.0, 10).is_err() && Sequence::new(f64::NAN, 10).is_err());
        assert!(Sequence::new(0.05, 0).is_err());
    }
}
