//! How many units an experiment takes, before it has any.

use super::document::{ArmDocument, Document, Expectation};
use undertone_experiments::{Sequence, Target, days};

/// What finding a difference takes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Forecast {
    /// The difference of the deciding share.
    pub(crate) difference: f64,
    /// Units of all live arms together for a test that is made once.
    pub(crate) once: Option<u64>,
    /// Units after which intervals that hold at every look have found it at the latest, where that many were planned.
    pub(crate) sequential: Option<u64>,
    /// Days until these have come.
    pub(crate) days: Option<f64>,
    /// Units that a shadow takes: both models answer the same audio.
    pub(crate) shadow: Option<u64>,
}

impl Forecast {
    /// For a definition that says what to expect; `None` of one that does not.
    pub(crate) fn of(document: &Document, difference: f64) -> Option<Self> {
        let expected = document.expect?;
        let target = target(document, &expected, difference);
        let comparisons = comparisons(document);
        let once = |pair: &Target| pair.units_once(document.alpha / comparisons);
        let planned = |pair: &Target| once(pair).unwrap_or(document.planned_units);
        let sequence = |units: u64| {
            Sequence::new(document.alpha, units.max(1)).ok().map(|own| own.shared(comparisons as usize))
        };
        // Twice what a test takes once is about what any look takes; there the sequence is narrowest.
        let sequential = slowest(document, &target, |pair| {
            pair.units_sequential(&sequence(planned(pair).saturating_mul(2))?)
        });
        let shadow =
            sequence(planned(&target)).and_then(|own| target.units_as_shadow(&own, expected.agreement));
        Some(Self {
            difference,
            once: slowest(document, &target, once),
            sequential,
            days: sequential.and_then(|units| days(units, expected.units_per_day)),
            shadow,
        })
    }
}

/// How many units an experiment takes, as one sentence; `None` where nobody said what to expect.
pub(crate) fn estimate(document: &Document) -> Option<String> {
    let expected = document.expect?;
    let target = target(document, &expected, expected.difference);
    let comparisons = comparisons(document);
    let sequence = Sequence::new(document.alpha, document.planned_units).ok()?.shared(comparisons as usize);
    let once = slowest(document, &target, |pair| pair.units_once(document.alpha / comparisons))?;
    let sequential = slowest(document, &target, |pair| pair.units_sequential(&sequence))?;
    let Expectation { control, difference, power, units_per_day, .. } = expected;
    let time = days(sequential, units_per_day)
        .map_or_else(String::new, |days| format!(", which at {units_per_day} units a day is {days:.0} days"));
    let beyond = match margin(document) {
        margin if margin > 0.0 => format!(", beyond a margin of {:.1},", margin * 100.0),
        _ => String::new(),
    };
    Some(format!(
        "a difference of {:.1} points from {:.1} %{beyond} is found with a probability of {power} by {sequential} units at the \
         latest{time}; a test made once would take {once}",
        difference * 100.0,
        control * 100.0
    ))
}

/// A difference decides when all that is plausible is beyond the margin: what is to be found is how far it is beyond.
fn target(document: &Document, expected: &Expectation, difference: f64) -> Target {
    let Expectation { control, answers_per_unit, correlation, power, .. } = *expected;
    let margin = margin(document);
    let difference = (difference.abs() - margin).max(0.0).copysign(difference);
    Target { control, difference, correlation, answers_per_unit, share: 0.5, power }
}

/// The difference of the deciding figure that counts as none.
pub(crate) fn margin(document: &Document) -> f64 {
    document.metrics.first().map_or(0.0, |goal| goal.margin)
}

/// How many comparisons share the `alpha`.
fn comparisons(document: &Document) -> f64 {
    document.arms.len().saturating_sub(1).max(1) as f64
}

/// Units of all arms together until the slowest comparison with the control has what `units` says of its two arms.
fn slowest(document: &Document, target: &Target, units: impl Fn(&Target) -> Option<u64>) -> Option<u64> {
    let weight = |arm: &&ArmDocument| !arm.shadow && arm.weight > 0.0;
    let control = document.arms.iter().filter(weight).find(|arm| arm.name == document.control)?.weight;
    let others = document.arms.iter().filter(weight).filter(|arm| arm.name != document.control);
    let mut weights: Vec<f64> = others.map(|arm| arm.weight).collect();
    if weights.is_empty() {
        // Shadows alone: what it would take if one of them were live.
        weights.push(control);
    }
    let all = weights.iter().sum::<f64>() + control;
    let of_all = weights.iter().map(|own| {
        let both = own + control;
        let units = units(&Target { share: own / both, ..*target })?;
        Some((units as f64 * all / both).ceil() as u64)
    });
    of_all.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What finding five points takes with arms of such weights, the first one the control's.
    fn forecast(weights: &[f64]) -> Forecast {
        let arm = |(place, weight): (usize, &f64)| json!({ "name": place.to_string(), "model": "m", "weight": weight });
        let arms: Vec<_> = weights.iter().enumerate().map(arm).collect();
        let expect = json!({ "control": 0.5, "difference": 0.05, "units_per_day": 100.0 });
        let document = json!({
            "name": "trial", "control": "0", "arms": arms, "metrics": [{ "metric": "accuracy" }], "planned_units": 1000,
            "expect": expect,
        });
        Forecast::of(&serde_json::from_value(document).unwrap(), 0.05).unwrap()
    }

    #[test]
    fn a_small_arm_takes_longer_and_the_slowest_comparison_counts() {
        let [equal, small] = [[50.0, 50.0], [95.0, 5.0]].map(|weights| forecast(&weights));
        let times = |figure: fn(&Forecast) -> Option<u64>| {
            figure(&small).unwrap() as f64 / figure(&equal).unwrap() as f64
        };
        let expected = 1.0 / (4.0 * 0.95 * 0.05);
        for own in [times(|own| own.once), times(|own| own.sequential)] {
            assert!((own / expected - 1.0).abs() < 0.05, "{own} in place of {expected}");
        }
        assert!(small.days.unwrap() > equal.days.unwrap() && small.shadow == equal.shadow);
        let [three, alone] = [forecast(&[60.0, 30.0, 10.0]), forecast(&[60.0, 10.0, 30.0])];
        assert_eq!(three, alone, "the order of the arms says nothing");
        assert!(three.once.unwrap() > forecast(&[40.0, 30.0, 30.0]).once.unwrap());
    }
}
