//! The times between changes of an experiment's weights.

use crate::experiments::Kept;
use crate::experiments::document::Document;
use undertone_core::UnixMicros;
use undertone_experiments::{ArmIndex, Bucket, ExperimentError, RatioCheck};
use undertone_store::{ExperimentChange, ExposureCount};

/// Weights, and since when they were in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) since: UnixMicros,
    /// In buckets, by arm.
    pub(crate) weights: Vec<u16>,
}

/// The times between changes of the weights, the earliest first; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Periods(Vec<Period>);

impl Periods {
    /// From all changes of the experiment. What was before units came is passed over.
    pub(super) fn of(kept: &Kept, changes: &[ExperimentChange]) -> Self {
        let started = UnixMicros(kept.progress.started_at_micros.unwrap_or(i64::MAX));
        let mut periods: Vec<Period> = Vec::new();
        for change in changes {
            let Some(weights) = weights(change) else { continue };
            // Clocks of servers may be apart; the order of the changes is known.
            let since = periods.last().map_or(change.at, |last| last.since.max(change.at));
            if since <= started {
                periods.clear();
            }
            if periods.last().is_none_or(|last| last.weights != weights) {
                periods.push(Period { since, weights });
            }
        }
        if periods.is_empty() {
            let weights = kept.arms().iter().map(|arm| arm.weight).collect();
            periods.push(Period { since: UnixMicros(0), weights });
        }
        Self(periods)
    }

    pub(crate) fn all(&self) -> &[Period] {
        &self.0
    }

    /// When each begins, in microseconds after 1970.
    pub(super) fn begun_micros(&self) -> Vec<i64> {
        self.0.iter().map(|period| period.since.0).collect()
    }

    /// The place of the one that a moment lies in; what was before the first belongs to it.
    pub(super) fn at(&self, moment: UnixMicros) -> usize {
        self.0.partition_point(|period| period.since <= moment).saturating_sub(1)
    }

    /// Whether units were drawn for both arms at that moment: else the one that got all tells nothing about the other.
    pub(super) fn compares(&self, moment: UnixMicros, [one, other]: [ArmIndex; 2]) -> bool {
        let weights = &self.0[self.at(moment)].weights;
        [one, other].iter().all(|arm| weights.get(arm.0).is_some_and(|weight| *weight > 0))
    }

    /// Drawn units by period and arm. A server hears of new weights a moment later: units that it gave an arm by other weights
    /// than those of the time are left out.
    pub(super) fn drawn(&self, kept: &Kept, counts: &[ExposureCount]) -> Vec<Vec<u64>> {
        let mut drawn: Vec<Vec<u64>> = self.0.iter().map(|own| vec![0; own.weights.len()]).collect();
        for own in counts.iter().filter(|own| own.origin == "drawn") {
            let place = usize::try_from(own.period).unwrap_or(0).saturating_sub(1);
            let Some(arm) = kept.arm_named(&own.arm) else { continue };
            let weight = self.0.get(place).and_then(|period| period.weights.get(arm.0));
            let is_of_it = weight.is_some_and(|weight| {
                (f64::from(*weight) / f64::from(Bucket::COUNT) - own.share).abs() < 1e-9
            });
            if is_of_it {
                drawn[place][arm.0] += own.units.unsigned_abs();
            }
        }
        drawn
    }

    /// p-value, at every look, of as many units as the weights of each time say.
    pub(super) fn ratio_p_value(&self, drawn: &[Vec<u64>]) -> Result<f64, ExperimentError> {
        let checks = self.0.iter().map(|period| RatioCheck::new(&period.weights));
        let checks: Vec<RatioCheck> = checks.collect::<Result<_, _>>()?;
        Ok(RatioCheck::p_value_over(checks.iter().zip(drawn.iter().map(Vec::as_slice))))
    }
}

fn weights(change: &ExperimentChange) -> Option<Vec<u16>> {
    let document: Document = serde_json::from_value(change.definition.clone()).ok()?;
    Some(document.definition().ok()?.arms.iter().map(|arm| arm.weight).collect())
}
