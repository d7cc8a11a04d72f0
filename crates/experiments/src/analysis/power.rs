//! How many units it takes, and how long.

use super::sequence::Sequence;
use crate::numerics::{normal_upper, normal_upper_quantile};

/// More units than any experiment has.
const MOST_UNITS: u64 = 1 << 40;

/// What an experiment of two arms should find.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The figure of the control.
    pub control: f64,
    /// The smallest difference worth finding.
    pub difference: f64,
    /// How alike the answers of one subject are: their intra-class correlation, from 0 to 1.
    pub correlation: f64,
    /// Answers of a subject.
    pub answers_per_unit: f64,
    /// Which part of both arms' units the other arm has, between 0 and 1.
    pub share: f64,
    /// The probability of finding it.
    pub power: f64,
}

impl Target {
    /// By how much answers of one subject together tell less than as many of different ones: `1 + (m - 1) ρ`
    /// (Kish 1965).
    pub fn design_effect(&self) -> f64 {
        1.0 + (self.answers_per_unit - 1.0).max(0.0) * self.correlation
    }

    /// Units, of both arms together, after which a test that is made once finds the difference:
    /// `(z(α/2) + z(1 - power))² (p q / (1 - w) + p' q' / w) / δ²` answers where the other arm has the part `w` of them (Fleiss
    /// 1981, sections 3.2 and 3.4, without correction), times the design effect. `None` for shares that cannot be.
    pub fn units_once(&self, alpha: f64) -> Option<u64> {
        let z = normal_upper_quantile(alpha / 2.0) + normal_upper_quantile(1.0 - self.power);
        let units = (z * self.unit_deviation()? / self.difference).powi(2).ceil();
        (self.power > alpha && units <= MOST_UNITS as f64).then_some(units as u64)
    }

    /// Units after which `sequence` has found the difference at the latest, with the wanted probability: where
    /// `|δ| / se` exceeds its bound by `z(1 - power)`. Most experiments end earlier, because a sequence may be looked at
    /// before. `None` for shares that cannot be.
    pub fn units_sequential(&self, sequence: &Sequence) -> Option<u64> {
        self.units_until(sequence, self.unit_deviation()?)
    }

    /// The same where both models answer all of the audio, one of them as a shadow, and are both right or both wrong about a
    /// share `agreement` of it: what is left, less the squared difference, is the variance of a pair.
    pub fn units_as_shadow(&self, sequence: &Sequence, agreement: f64) -> Option<u64> {
        self.unit_deviation()?;
        let variance = (1.0 - agreement) - self.difference * self.difference;
        let possible = (0.0..1.0).contains(&agreement) && variance > 0.0;
        let deviation = (variance * self.design_effect() / self.answers_per_unit).sqrt();
        possible.then(|| self.units_until(sequence, deviation)).flatten()
    }

    fn units_until(&self, sequence: &Sequence, deviation: f64) -> Option<u64> {
        let enough = |units: u64| {
            let z = self.difference.abs() * (units as f64).sqrt() / deviation;
            1.0 - normal_upper(z - sequence.bound(units)) >= self.power
        };
        let (mut low, mut high) = (0, MOST_UNITS);
        if !enough(high) {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// The standard error of the difference times the root of the units of both arms together.
    fn unit_deviation(&self) -> Option<f64> {
        let other = self.control + self.difference;
        let share = |value: f64| value > 0.0 && value < 1.0;
        let valid = share(self.control)
            && share(other)
            && share(self.power)
            && share(self.share)
            && self.difference != 0.0
            && (0.0..=1.0).contains(&self.correlation)
            && self.answers_per_unit >= 1.0;
        let of_control = self.control * (1.0 - self.control) / (1.0 - self.share);
        let variance = of_control + other * (1.0 - other) / self.share;
        valid.then(|| (variance * self.design_effect() / self.answers_per_unit).sqrt())
    }
}

/// Days until so many units have come; `None` when none come.
pub fn days(units: u64, units_per_day: f64) -> Option<f64> {
    let days = units as f64 / units_per_day;
    (units_per_day > 0.0 && days.is_finite()).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target = Target {
        control: 0.72,
        difference: 0.03,
        correlation: 0.0,
        answers_per_unit: 1.0,
        share: 0.5,
        power: 0.8,
    };

    #[test]
    fn a_test_once_takes_the_number_of_the_formula() {
        let z = 1.959_963_985 + 0.841_621_234;
        let arm = (z / 0.03_f64).powi(2) * (0.72 * 0.28 + 0.75 * 0.25);
        assert!(TARGET.units_once(0.05).unwrap().abs_diff((2.0 * arm).ceil() as u64) <= 1);
    }

    #[test]
    fn looking_at_any_time_costs_units_at_the_worst() {
        let sequence = Sequence::new(0.05, 7000).unwrap();
        let (once, any) = (TARGET.units_once(0.05).unwrap(), TARGET.units_sequential(&sequence).unwrap());
        assert!(any > once && any < 3 * once, "{once} {any}");
    }

    #[test]
    fn a_shadow_takes_fewer_units_the_more_the_models_agree() {
        let sequence = Sequence::new(0.05, 7000).unwrap();
        let live = TARGET.units_sequential(&sequence).unwrap();
        let [most, some] = [0.9, 0.8].map(|own| TARGET.units_as_shadow(&sequence, own).unwrap());
        assert!(most < some && some < live / 2, "{most} {some} {live}");
        assert_eq!(TARGET.units_as_shadow(&sequence, 1.0), None);
    }

    #[test]
    fn a_small_arm_takes_more_units_of_both_together() {
        let of = |share| {
            Target { control: 0.5, difference: 1e-3, share, ..TARGET }.units_once(0.05).unwrap() as f64
        };
        // 1 / (4 w (1 - w)) times as many, where both vary alike.
        assert!((of(0.05) / of(0.5) - 1.0 / (4.0 * 0.05 * 0.95)).abs() < 0.02);
        assert_eq!(Target { share: 0.0, ..TARGET }.units_once(0.05), None);
    }

    #[test]
    fn answers_of_one_subject_are_worth_less() {
        let clustered = Target { correlation: 0.3, answers_per_unit: 5.0, ..TARGET };
        let (single, subjects) = (TARGET.units_once(0.05).unwrap(), clustered.units_once(0.05).unwrap());
        assert!((clustered.design_effect() - 2.2).abs() < 1e-12);
        assert!((subjects as f64 * 5.0 / single as f64 - 2.2).abs() < 0.01);
    }

    #[test]
    fn what_cannot_be_has_no_number() {
        assert_eq!(Target { difference: 0.0, ..TARGET }.units_once(0.05), None);
        assert_eq!(Target { difference: 0.5, ..TARGET }.units_once(0.05), None);
        assert_eq!(days(10, 0.0), None);
        assert_eq!(days(10, 4.0), Some(2.5));
    }
}
