//! A comparison over time: what it said while the answers came.

use undertone_experiments::{Analysis, ArmIndex, Interval, Judgement, Observation, Observations, Plan};

/// Looks that are drawn.
const LOOKS: usize = 30;

/// What a comparison said at one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    /// Judged answers until then.
    pub(crate) judged: usize,
    pub(crate) interval: Interval,
}

/// A comparison of an arm with the control over time, by the deciding metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    pub(crate) arm: ArmIndex,
    /// Whether the arm listened along: then it is the paired difference of accuracies.
    pub(crate) paired: bool,
    pub(crate) looks: Vec<Look>,
}

/// The comparisons at looks that are about evenly spaced, each at the answers until then.
pub(crate) fn timelines(
    answers: &[Observation],
    plan: &Plan,
    (arms, labels): (usize, usize),
) -> Vec<Timeline> {
    let judged: Vec<&Observation> =
        answers.iter().filter(|own| own.judgement != Judgement::Unknown).collect();
    let plan = Plan { goals: plan.goals.iter().take(1).copied().collect(), draws: 0, ..plan.clone() };
    let mut timelines: Vec<Timeline> = Vec::new();
    for look in 1..=LOOKS {
        let until = judged.len() * look / LOOKS;
        let part = judged[..until].iter().map(|own| (*own).clone());
        let Ok(seen) = Observations::new(part, arms, labels) else { continue };
        let Ok(analysis) = Analysis::of(&seen, &plan) else { continue };
        let live = analysis.differences.iter().map(|own| {
            let interval = own.changes.first().and_then(|change| change.interval);
            ((own.arm, false), interval)
        });
        let shadows = analysis.paired.iter().map(|own| ((own.arm, true), own.accuracy));
        for ((arm, paired), interval) in live.chain(shadows) {
            let Some(interval) = interval else { continue };
            let own = |timeline: &Timeline| timeline.arm == arm && timeline.paired == paired;
            let place = timelines.iter().position(own).unwrap_or_else(|| {
                timelines.push(Timeline { arm, paired, looks: Vec::new() });
                timelines.len() - 1
            });
            timelines[place].looks.push(Look { judged: until, interval });
        }
    }
    timelines
}
