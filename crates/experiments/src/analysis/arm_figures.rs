//! What one arm did.

use super::bootstrap::{Draws, quantile};
use super::estimate::{Effect, Estimate};
use super::figure::{estimate, figure};
use super::interval::Interval;
use super::plan::Plan;
use super::recall::occurring_labels;
use super::sequence::Sequence;
use super::strata::Strata;
use crate::assignment::ArmIndex;
use crate::definition::Metric;
use crate::observation::{Observation, Observations};
use std::collections::BTreeSet;

/// The quantiles of latency that are told.
pub(super) const LATENCY_QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// A figure of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Which figure.
    pub metric: Metric,
    /// It; `None` when no answer tells it.
    pub value: Option<f64>,
    /// The plausible values, at every look where [`Metric::is_sequential`], else at one; `None` while there are too few
    /// subjects.
    pub interval: Option<Interval>,
}

/// Latency that a share of the answers kept within.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// The share.
    pub share: f64,
    /// The latency.
    pub seconds: f64,
    /// The plausible latencies, at one look; `None` where the plan draws none.
    pub interval: Option<Interval>,
}

/// What one arm did.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmFigures {
    /// The arm.
    pub arm: ArmIndex,
    /// Its subjects.
    pub subjects: u64,
    /// Its answers.
    pub answers: u64,
    /// Those that somebody judged.
    pub judged: u64,
    /// The figures of the plan, in its order.
    pub figures: Vec<Measured>,
    /// What half, 95 and 99 of 100 answers kept within; empty without answers.
    pub latency: Vec<Latency>,
}

impl ArmFigures {
    pub(super) fn of(observations: &Observations, arm: ArmIndex, plan: &Plan, metrics: &[Metric]) -> Self {
        let subjects = observations.subjects(arm);
        let answers = || subjects.iter().flatten();
        let view = View::new(observations, arm, plan);
        Self {
            arm,
            subjects: subjects.len() as u64,
            answers: answers().count() as u64,
            judged: answers().filter(|answer| answer.correct().is_some()).count() as u64,
            figures: metrics.iter().map(|metric| view.measured(*metric, &plan.sequence)).collect(),
            latency: view.latency(),
        }
    }
}

/// One arm's subjects, and how they are looked at.
pub(super) struct View<'a> {
    pub(super) all: Vec<&'a [Observation]>,
    labels: usize,
    draws: usize,
    seed: u64,
    alpha: f64,
}

impl<'a> View<'a> {
    pub(super) fn new(observations: &'a Observations, arm: ArmIndex, plan: &Plan) -> Self {
        Self {
            all: observations.subjects(arm).iter().map(Vec::as_slice).collect(),
            labels: observations.labels(),
            draws: plan.draws,
            // Arms are drawn independently of each other.
            seed: plan.seed.wrapping_add(arm.0 as u64),
            alpha: plan.sequence.alpha(),
        }
    }

    pub(super) fn answers(&self) -> usize {
        self.all.iter().map(|subject| subject.len()).sum()
    }

    /// The labels that occur among its judged answers.
    pub(super) fn labels_heard(&self) -> BTreeSet<usize> {
        occurring_labels(self.all.iter().flat_map(|subject| subject.iter()))
    }

    pub(super) fn value(&self, metric: Metric) -> Option<f64> {
        figure(metric, &self.all, self.labels)
    }

    pub(super) fn estimate(&self, metric: Metric) -> Option<Estimate> {
        estimate(metric, &self.all, self.labels)
    }

    /// As [`Self::value`], within `strata`.
    pub(super) fn value_within(&self, metric: Metric, strata: &Strata) -> Option<f64> {
        strata.figure(&self.all, |subjects| figure(metric, subjects, self.labels))
    }

    /// As [`Self::estimate`], within `strata`.
    pub(super) fn estimate_within(&self, metric: Metric, strata: &Strata) -> Option<Estimate> {
        strata.estimate(metric, &self.all, self.labels)
    }

    pub(super) fn draws(&self, metric: Metric) -> Draws {
        Draws::new(&self.all, self.draws, self.seed, |drawn| figure(metric, drawn, self.labels))
    }

    pub(super) fn draws_within(&self, metric: Metric, strata: &Strata) -> Draws {
        let figure =
            |drawn: &[&[Observation]]| strata.figure(drawn, |subjects| figure(metric, subjects, self.labels));
        Draws::new(&self.all, self.draws, self.seed, figure)
    }

    /// The quantiles of latency, within `strata` where there are some, and what they are by drawing.
    pub(super) fn latencies(&self, strata: Option<&Strata>) -> [(Option<f64>, Draws); 3] {
        let told = |subjects: &[&[Observation]]| match strata {
            None => latencies(subjects),
            Some(strata) => strata.figures(subjects, latencies),
        };
        let values = told(&self.all);
        let mut draws = Draws::several(&self.all, self.draws, self.seed, told).into_iter();
        values.map(|value| (value, draws.next().unwrap_or_default()))
    }

    fn measured(&self, metric: Metric, sequence: &Sequence) -> Measured {
        let value = self.value(metric);
        let interval = if metric.is_sequential() {
            self.estimate(metric).and_then(|own| sequence.interval(&Effect::from(own)))
        } else {
            value.and_then(|value| self.draws(metric).interval(value, self.alpha))
        };
        Measured { metric, value, interval: interval.map(|own| own.within(metric.bounds())) }
    }

    fn latency(&self) -> Vec<Latency> {
        let told = LATENCY_QUANTILES.into_iter().zip(self.latencies(None));
        let told = told.filter_map(|(share, (seconds, draws))| {
            let seconds = seconds?;
            Some(Latency { share, seconds, interval: draws.interval(seconds, self.alpha) })
        });
        told.collect()
    }
}

fn latencies(subjects: &[&[Observation]]) -> [Option<f64>; 3] {
    let answers = subjects.iter().flat_map(|subject| subject.iter());
    let mut seconds: Vec<f64> = answers.map(|answer| answer.latency.as_secs_f64()).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    LATENCY_QUANTILES.map(|share| quantile(&seconds, share))
}
