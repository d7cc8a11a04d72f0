//! An arm against the control, on different subjects.

use super::arm_figures::{LATENCY_QUANTILES, View};
use super::bootstrap::Draws;
use super::estimate::Effect;
use super::interval::Interval;
use super::plan::Plan;
use super::sequence::Sequence;
use super::strata::Strata;
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

/// The difference of the latencies that a share of the answers kept within, arm less control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyChange {
    /// The share.
    pub share: f64,
    /// The difference in seconds.
    pub seconds: f64,
    /// The plausible differences, at one look: subjects of both arms are drawn with replacement, each with all answers, and the
    /// quantiles' difference is taken draw by draw (Davison and Hinkley 1997, sections 2.4 and 3.8). `None` where the plan draws
    /// none, and while fewer than [`ANSWERS_BEYOND`] answers of an arm are slower, of which the draws know nothing.
    pub interval: Option<Interval>,
}

/// Answers beyond a quantile from which on drawing tells how it strays.
pub const ANSWERS_BEYOND: f64 = 10.0;

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
    /// What half, 95 and 99 of 100 answers kept within; empty without answers of both.
    pub latency: Vec<LatencyChange>,
    /// The first figure's p-value for as many arms as there are (Holm 1979).
    pub adjusted_p_value: Option<f64>,
    /// What the first figure says.
    pub outcome: Outcome,
    /// What the guardrails say, in the order of the plan. They share the arm's part of `alpha`.
    pub guardrails: Vec<(Guardrail, Verdict)>,
}

impl Difference {
    /// All but the adjustment, for one of the plan's comparisons.
    pub(super) fn of(observations: &Observations, arm: ArmIndex, plan: &Plan) -> Self {
        let sequence = plan.sequence.shared(plan.comparisons());
        let views = [plan.control, arm].map(|arm| View::new(observations, arm, plan));
        let is_one = observations.periods() < 2;
        let change = |metric, sequence: &Sequence| match is_one {
            true => Change::between(metric, &views, sequence),
            false => Change::within(metric, &views, sequence),
        };
        let changes: Vec<Change> = plan.goals.iter().map(|goal| change(goal.metric, &sequence)).collect();
        let guarding = sequence.shared(plan.guardrails.len());
        let judged = |guardrail: &Guardrail| {
            let found = change(guardrail.metric, &guarding);
            (*guardrail, guardrail.judge(found.interval.as_ref()))
        };
        let first = plan.goals.first().zip(changes.first());
        Self {
            arm,
            outcome: first.map_or(Outcome::Open, |(goal, change)| change.outcome(goal.margin)),
            adjusted_p_value: None,
            changes,
            latency: latency(&views, is_one, sequence.alpha()),
            guardrails: plan.guardrails.iter().map(judged).collect(),
        }
    }
}

fn latency(views: &[View<'_>; 2], is_one: bool, alpha: f64) -> Vec<LatencyChange> {
    let [control, arm] = views;
    let strata = Strata::of(Metric::Latency, &control.all, &arm.all);
    if strata.is_none() && !is_one {
        return Vec::new();
    }
    let strata = strata.filter(|_| !is_one);
    let fewest = control.answers().min(arm.answers()) as f64;
    let of = |view: &View<'_>| view.latencies(strata.as_ref());
    let pairs = LATENCY_QUANTILES.into_iter().zip(of(control).into_iter().zip(of(arm)));
    let told = pairs.filter_map(|(share, ((control, control_draws), (arm, draws)))| {
        let seconds = arm? - control?;
        let is_known = fewest * (1.0 - share) >= ANSWERS_BEYOND;
        let interval = is_known.then(|| draws.less(&control_draws).interval(seconds, alpha)).flatten();
        Some(LatencyChange { share, seconds, interval })
    });
    told.collect()
}

impl Change {
    const fn unknown(metric: Metric) -> Self {
        Self { metric, value: None, interval: None, p_value: None }
    }

    /// Over all answers. Average recalls are compared where both are about the same labels: an arm that has not heard a hard one
    /// yet is not better for it.
    fn between(metric: Metric, [control, arm]: &[View<'_>; 2], sequence: &Sequence) -> Self {
        if metric == Metric::AverageRecall && control.labels_heard() != arm.labels_heard() {
            return Self::unknown(metric);
        }
        let value = control.value(metric).zip(arm.value(metric)).map(|(control, arm)| arm - control);
        if !metric.is_sequential() {
            return Self::drawn(metric, value, sequence, || arm.draws(metric).less(&control.draws(metric)));
        }
        let estimates = control.estimate(metric).zip(arm.estimate(metric));
        let effect = estimates.map(|(control, arm)| Effect::between(&control, &arm));
        Self::sequential(metric, value, effect, sequence)
    }

    /// Over answers of the same times alone.
    fn within(metric: Metric, [control, arm]: &[View<'_>; 2], sequence: &Sequence) -> Self {
        let Some(strata) = Strata::of(metric, &control.all, &arm.all) else {
            return Self::unknown(metric);
        };
        let value = |view: &View<'_>| view.value_within(metric, &strata);
        let value = value(control).zip(value(arm)).map(|(control, arm)| arm - control);
        if !metric.is_sequential() {
            let draws = |view: &View<'_>| view.draws_within(metric, &strata);
            return Self::drawn(metric, value, sequence, || draws(arm).less(&draws(control)));
        }
        let estimate = |view: &View<'_>| view.estimate_within(metric, &strata);
        let effect = estimate(control).zip(estimate(arm));
        let effect = effect.map(|(control, arm)| strata.effect(&control, &arm));
        Self::sequential(metric, value, effect, sequence)
    }

    fn drawn(metric: Metric, value: Option<f64>, sequence: &Sequence, draws: impl FnOnce() -> Draws) -> Self {
        let interval = value.and_then(|value| draws().interval(value, sequence.alpha()));
        let interval = interval.map(|own| own.within(metric.difference_bounds()));
        Self { metric, value, interval, p_value: None }
    }

    fn sequential(metric: Metric, value: Option<f64>, effect: Option<Effect>, sequence: &Sequence) -> Self {
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
