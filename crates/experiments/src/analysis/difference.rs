//! An arm against the control, on different subjects.

use super::arm_figures::View;
use super::estimate::Effect;
use super::interval::Interval;
use super::plan::Plan;
use super::sequence::Sequence;
use crate::assignment::ArmIndex;
use crate::definition::{Better, Guardrail, Metric, Verdict};
use crate::observation::Observations;

/// The difference of one figure, arm less control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Which figure.
    pub metric: Metric,
    /// The difference; `None` when an arm has no such figure.
    pub value: Option<f64>,
    /// The plausible differences, at every look where [`Metric::is_sequential`], else at one.
    pub interval: Option<Interval>,
    /// Two-sided p-value of no difference, at every look; `None` of figures for one look.
    pub p_value: Option<f64>,
}

/// What the deciding figure says about an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Better than the control by more than the margin.
    Better,
    /// Worse by more than the margin.
    Worse,
    /// Neither better nor worse by more than the margin.
    Alike,
    /// Nothing can be said yet.
    Open,
}

/// An arm against the control.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The arm.
    pub arm: ArmIndex,
    /// The figures of the plan, in its order.
    pub changes: Vec<Change>,
    /// The first figure's p-value for as many arms as there are (Holm 1979).
    pub adjusted_p_value: Option<f64>,
    /// What the first figure says.
    pub outcome: Outcome,
    /// What the guardrails say, in the order of the plan.
    pub guardrails: Vec<(Guardrail, Verdict)>,
}

impl Difference {
    /// All but the adjustment, for one of the plan's comparisons.
    pub(super) fn of(observations: &Observations, arm: ArmIndex, plan: &Plan) -> Self {
        let sequence = plan.sequence.shared(plan.comparisons());
        let views = [plan.control, arm].map(|arm| View::new(observations, arm, plan));
        let change = |metric| Change::between(metric, &views, &sequence);
        let changes: Vec<Change> = plan.goals.iter().map(|goal| change(goal.metric)).collect();
        let judged =
            |guardrail: &Guardrail| (*guardrail, guardrail.judge(change(guardrail.metric).interval.as_ref()));
        let first = plan.goals.first().zip(changes.first());
        Self {
            arm,
            outcome: first.map_or(Outcome::Open, |(goal, change)| change.outcome(goal.margin)),
            adjusted_p_value: None,
            changes,
            guardrails: plan.guardrails.iter().map(judged).collect(),
        }
    }
}

impl Change {
    fn between(metric: Metric, [control, arm]: &[View<'_>; 2], sequence: &Sequence) -> Self {
        let value = control.value(metric).zip(arm.value(metric)).map(|(control, arm)| arm - control);
        if !metric.is_sequential() {
            let drawn =
                |value| arm.draws(metric).less(&control.draws(metric)).interval(value, sequence.alpha());
            let interval = value.and_then(drawn).map(|own| own.within(metric.difference_bounds()));
            return Self { metric, value, interval, p_value: None };
        }
        let estimates = control.estimate(metric).zip(arm.estimate(metric));
        let effect = estimates.map(|(control, arm)| Effect::between(&control, &arm));
        let interval = effect.and_then(|effect| sequence.interval(&effect));
        let interval = interval.map(|own| own.within(metric.difference_bounds()));
        Self { metric, value, interval, p_value: effect.and_then(|effect| sequence.p_value(&effect)) }
    }

    fn outcome(&self, margin: f64) -> Outcome {
        let Some(interval) = self.interval else { return Outcome::Open };
        let higher = self.metric.better() == Better::Higher;
        if interval.is_within(margin) {
            Outcome::Alike
        } else if !interval.excludes(margin) {
            Outcome::Open
        } else if (interval.value > 0.0) == higher {
            Outcome::Better
        } else {
            Outcome::Worse
        }
    }
}
