//! Weights that follow what was found, and figures that do not mind.

use super::estimate::{Effect, Estimate};
use crate::ExperimentError;
use crate::assignment::Bucket;
use crate::numerics::Generator;

/// Draws per arm from which the chance of being best is counted.
const DRAWS: usize = 10_000;

/// Right and wrong answers of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Right ones.
    pub right: u64,
    /// Wrong ones.
    pub wrong: u64,
}

/// Thompson sampling (Thompson 1933; Chapelle and Li 2011) in steps: weights in buckets, each arm's by the probability
/// that it is the best under independent uniform priors, but for the `floor` that every arm keeps. Equal seeds give
/// equal weights. Answers of one subject count as independent here: with several per subject the weights run ahead
/// of the evidence.
///
/// The floor keeps every arm's share of units above 0, without which no arm could be estimated any more.
pub fn thompson_weights(arms: &[Tally], floor: u16, seed: u64) -> Result<Vec<u16>, ExperimentError> {
    let count = u16::try_from(arms.len()).ok().filter(|count| *count > 0);
    let kept = count.and_then(|count| count.checked_mul(floor)).filter(|kept| *kept <= Bucket::COUNT);
    let (Some(kept), true) = (kept, floor > 0) else {
        let what = format!("a floor of {floor} buckets does not suit {} arms", arms.len());
        return Err(ExperimentError::setting(what));
    };
    let shared = usize::from(Bucket::COUNT - kept);
    let wins = wins(arms, &mut Generator::new(seed));
    // Rounding down by the sums of all arms up to this one, so that nothing is lost.
    let until = |wins: usize| wins * shared / DRAWS;
    let mut sum = 0;
    let share = |own: &usize| {
        let before = until(sum);
        sum += own;
        // At most 10,000.
        floor + (until(sum) - before) as u16
    };
    Ok(wins.iter().map(share).collect())
}

fn wins(arms: &[Tally], generator: &mut Generator) -> Vec<usize> {
    let mut wins = vec![0; arms.len()];
    for _ in 0..DRAWS {
        let draws = arms.iter().map(|arm| generator.beta(arm.right as f64 + 1.0, arm.wrong as f64 + 1.0));
        let best = draws.enumerate().max_by(|left, right| left.1.total_cmp(&right.1));
        if let Some((arm, _)) = best {
            wins[arm] += 1;
        }
    }
    wins
}

/// What one unit showed when weights changed while it ran.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// Whether it got the arm; else the control or any other.
    pub arm: bool,
    /// Whether it got the control.
    pub control: bool,
    /// With which probability it got what it got: that arm's share of the buckets when it was assigned.
    pub probability: f64,
    /// Its value.
    pub value: f64,
}

/// The difference of two arms by inverse propensity weights (Horvitz and Thompson 1952): the mean over all units, in the
/// order in which they were assigned, of `(value - m) / probability` for the arm and its negative for the control. Each
/// unit's term has the difference as its mean whatever decided the weights, so a sequence of them is a martingale and
/// [`Sequence`](crate::Sequence) applies (Hadad, Hirshberg, Zhan, Wager and Athey 2021). `m` is the mean of the values of
/// the units before, 0 for the first: it was known when the unit was assigned, so it falls out of the difference and takes
/// most of the noise with it (augmentation, Robins, Rotnitzky and Zhao 1994). `None` of fewer than two units, and when a
/// probability is none.
pub fn inverse_weighted_difference(units: &[Weighed]) -> Option<Effect> {
    let possible =
        |unit: &Weighed| unit.probability > 0.0 && unit.probability <= 1.0 && unit.value.is_finite();
    if units.len() < 2 || !units.iter().all(possible) {
        return None;
    }
    let count = units.len() as f64;
    let terms = terms(units);
    let mean = terms.iter().sum::<f64>() / count;
    let variance = terms.iter().map(|term| (term - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let standard_error = (variance / count).sqrt();
    let of = |is: fn(&Weighed) -> bool| units.iter().filter(|unit| is(unit)).count() as u64;
    let fewest = of(|unit| unit.arm).min(of(|unit| unit.control));
    let estimate = Estimate { value: mean, standard_error, units: units.len() as u64 };
    Some(Effect { fewest, ..Effect::from(estimate) })
}

fn terms(units: &[Weighed]) -> Vec<f64> {
    let (mut sum, mut seen) = (0.0, 0.0);
    let term = |unit: &Weighed| {
        let before = if seen > 0.0 { sum / seen } else { 0.0 };
        sum += unit.value;
        seen += 1.0;
        let sign = f64::from(u8::from(unit.arm)) - f64::from(u8::from(unit.control));
        sign * (unit.value - before) / unit.probability
    };
    units.iter().map(term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_arm_gets_more_and_the_floor_stays() {
        let arms = [Tally { right: 720, wrong: 280 }, Tally { right: 800, wrong: 200 }];
        let weights = thompson_weights(&arms, 500, 1).unwrap();
        assert_eq!(weights.iter().map(|weight| u32::from(*weight)).sum::<u32>(), 10_000);
        assert!(weights[0] >= 500 && weights[0] < 520, "{weights:?}");
        assert_eq!(weights, thompson_weights(&arms, 500, 1).unwrap());
    }

    #[test]
    fn nothing_known_is_shared_about_equally() {
        let weights = thompson_weights(&[Tally::default(); 4], 100, 1).unwrap();
        assert!(weights.iter().all(|weight| weight.abs_diff(2500) < 200), "{weights:?}");
    }

    #[test]
    fn a_floor_that_leaves_no_room_or_no_arm_is_refused() {
        assert!(thompson_weights(&[Tally::default(); 2], 5001, 1).is_err());
        assert!(thompson_weights(&[Tally::default(); 2], 0, 1).is_err());
        assert!(thompson_weights(&[], 100, 1).is_err());
    }

    #[test]
    fn weights_that_change_do_not_bias_the_difference() {
        let mut generator = Generator::new(3);
        let mut tallies = [Tally::default(); 2];
        let mut units = Vec::new();
        let mut share = 0.5;
        for index in 0..20_000_u32 {
            if index % 2000 == 0 {
                share = f64::from(thompson_weights(&tallies, 1000, u64::from(index)).unwrap()[1]) / 10_000.0;
            }
            let arm = generator.chance(share);
            // All get better with time, which a plain mean would count for the arm that comes later.
            let trend = 0.8 + 0.2 * f64::from(index) / 20_000.0;
            let right = generator.chance(trend * if arm { 0.75 } else { 0.7 });
            let tally = &mut tallies[usize::from(arm)];
            tally.right += u64::from(right);
            tally.wrong += u64::from(!right);
            let probability = if arm { share } else { 1.0 - share };
            units.push(Weighed { arm, control: !arm, probability, value: f64::from(u8::from(right)) });
        }
        let effect = inverse_weighted_difference(&units).unwrap();
        assert!((effect.value - 0.045).abs() < 3.0 * effect.standard_error, "{effect:?}");
    }

    #[test]
    fn a_probability_of_nothing_is_refused() {
        let unit = Weighed { arm: true, control: false, probability: 0.0, value: 1.0 };
        assert_eq!(inverse_weighted_difference(&[unit; 3]), None);
    }
}
