//! The decision in a sentence.

use super::{Report, is_shadow, wording};
use crate::experiments::report::wording::name;
use undertone_experiments::{ArmIndex, Better, Goal, Interval, Metric, Outcome, Paired};

/// One sentence per comparison with the control.
pub(super) fn decisions(report: &Report) -> Vec<String> {
    let live = report.analysis.differences.iter().filter_map(|difference| {
        if report.kept.document.adaptive.is_some() {
            return Some(of_weighted(report, difference.arm));
        }
        let change = difference.changes.first()?;
        let told = (change.metric, change.interval, difference.outcome);
        Some(sentence(report, report.arm_name(difference.arm), told))
    });
    let shadows = report.analysis.paired.iter().filter(|own| is_shadow(report, own.arm));
    let sentences = live.chain(shadows.map(|own| of_shadow(report, own)));
    sentences.map(|own| format!("{own}{}", of_a_part(report.left_out))).collect()
}

fn of_a_part(left_out: u64) -> String {
    if left_out > 0 { format!(" (without the newest {left_out} answers)") } else { String::new() }
}

/// Plain means would be biased where weights follow the evidence.
fn of_weighted(report: &Report, arm: ArmIndex) -> String {
    let interval = report.weighted.iter().find(|own| own.arm == arm).and_then(|own| own.interval);
    let told =
        (Metric::Accuracy, interval, outcome(interval.as_ref(), margin_of(Metric::Accuracy, goals(report))));
    let sentence = sentence(report, report.arm_name(arm), told);
    if interval.is_some() { format!("{sentence} (weighted by how likely each arm was)") } else { sentence }
}

fn of_shadow(report: &Report, paired: &Paired) -> String {
    let corrected = paired.coverage.interval;
    let interval = corrected.or(paired.accuracy);
    let told =
        (Metric::Accuracy, interval, outcome(interval.as_ref(), margin_of(Metric::Accuracy, goals(report))));
    let sentence = sentence(report, report.arm_name(paired.arm), told);
    if corrected.is_some() {
        format!("{sentence} (corrected for what was dropped under load)")
    } else {
        sentence
    }
}

fn goals(report: &Report) -> &[Goal] {
    &report.kept.experiment.definition().goals
}

/// The margin that the definition gives a metric: none for one that it does not name.
fn margin_of(metric: Metric, goals: &[Goal]) -> f64 {
    goals.iter().find(|goal| goal.metric == metric).map_or(0.0, |goal| goal.margin)
}

fn sentence(
    report: &Report,
    arm: &str,
    (metric, interval, outcome): (Metric, Option<Interval>, Outcome),
) -> String {
    let control = report.control_name();
    let Some(interval) = interval else {
        return format!(
            "nothing can be said about {arm} against {control} yet: too few judged answers; stop: no"
        );
    };
    let stop = stop(outcome, report.ratio_mismatch());
    let (unit, factor) = wording::unit(metric);
    let unit = wording::of_difference(unit);
    let digits = wording::digits(metric);
    // Told from the side of whoever has more.
    let sign = if interval.value < 0.0 { -1.0 } else { 1.0 };
    let (low, high) =
        if sign < 0.0 { (-interval.high, -interval.low) } else { (interval.low, interval.high) };
    let (more, less) = if sign < 0.0 { (control, arm) } else { (arm, control) };
    let difference = format!("{:.digits$}{unit}", interval.value * sign * factor);
    let claim = match metric {
        Metric::Accuracy => format!("{more} is right on {difference} more of the answers than {less}"),
        _ => {
            let better = match metric.better() {
                Better::Higher => "",
                Better::Lower => " (lower is better)",
            };
            format!(
                "{} of {more} is {difference} above that of {less}{better}",
                name(metric, &report.kept.document.labels)
            )
        }
    };
    let claim = match outcome {
        Outcome::Alike => format!("{arm} and {control} are alike within the margin: {claim}"),
        _ => claim,
    };
    format!(
        "{claim}, {:.0} % interval {:.digits$} to {:.digits$}; stop: {stop}",
        report.confidence_percent(),
        low * factor,
        high * factor
    )
}

fn outcome(interval: Option<&Interval>, margin: f64) -> Outcome {
    let Some(interval) = interval else { return Outcome::Open };
    if interval.is_within(margin) {
        Outcome::Alike
    } else if !interval.excludes(margin) {
        Outcome::Open
    } else if interval.value > 0.0 {
        Outcome::Better
    } else {
        Outcome::Worse
    }
}

/// Whether to stop. Where units are lost nothing is decided, whatever the figures seem to say.
const fn stop(outcome: Outcome, ratio_mismatch: bool) -> &'static str {
    match outcome {
        _ if ratio_mismatch => "no, the numbers of units do not fit the weights",
        Outcome::Open => "no, too early",
        Outcome::Better | Outcome::Worse | Outcome::Alike => "yes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval { value: f64::midpoint(low, high), low, high }
    }

    #[test]
    fn arms_whose_numbers_of_units_do_not_fit_are_never_decided() {
        for outcome in [Outcome::Better, Outcome::Worse, Outcome::Alike, Outcome::Open] {
            assert!(stop(outcome, true).starts_with("no, the numbers of units"), "{outcome:?}");
        }
        assert_eq!([Outcome::Better, Outcome::Open].map(|own| stop(own, false)), ["yes", "no, too early"]);
    }

    #[test]
    fn a_figure_is_judged_by_its_own_margin() {
        let goal = |metric, margin| Goal { metric, margin };
        let goals = [goal(Metric::Latency, 0.5), goal(Metric::Accuracy, 0.02)];
        assert_eq!(margin_of(Metric::Accuracy, &goals).to_bits(), 0.02_f64.to_bits());
        assert_eq!(margin_of(Metric::Accuracy, &goals[..1]).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_was_left_out_is_in_every_sentence() {
        assert_eq!(of_a_part(0), "");
        assert_eq!(of_a_part(7), " (without the newest 7 answers)");
    }

    #[test]
    fn a_difference_is_one_beyond_the_margin_and_none_within_it() {
        let of = |low, high| outcome(Some(&interval(low, high)), 0.02);
        assert_eq!(of(0.03, 0.08), Outcome::Better);
        assert_eq!(of(-0.08, -0.03), Outcome::Worse);
        assert_eq!(of(-0.01, 0.015), Outcome::Alike);
        assert_eq!(of(-0.01, 0.05), Outcome::Open);
        assert_eq!(outcome(None, 0.02), Outcome::Open);
    }
}
