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
    /// The first revision of the experiment that has them.
    pub(crate) revision: u64,
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
                periods.push(Period { since, revision: change.revision, weights });
            }
        }
        if periods.is_empty() {
            let weights = kept.arms().iter().map(|arm| arm.weight).collect();
            periods.push(Period { since: UnixMicros(0), revision: 0, weights });
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

    /// Drawn units by period and arm. A server hears of new weights a moment later, and a stream that is open keeps its arm: a
    /// unit belongs to the revision by which it got its arm. Where that is not known it belongs to the time, and is left out where
    /// its arm had another weight.
    pub(super) fn drawn(&self, kept: &Kept, counts: &[ExposureCount]) -> Vec<Vec<u64>> {
        let mut drawn: Vec<Vec<u64>> = self.0.iter().map(|own| vec![0; own.weights.len()]).collect();
        for own in counts.iter().filter(|own| own.origin == "drawn") {
            let place = match own.revision {
                0 => usize::try_from(own.period).unwrap_or(0),
                known => self.0.partition_point(|period| period.revision <= known.unsigned_abs()),
            };
            let place = place.saturating_sub(1);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use undertone_store::ExperimentRow;

    fn kept() -> Kept {
        let arm = |name, weight| json!({ "name": name, "model": name, "weight": weight });
        let arms = [arm("control", 35.0), arm("a", 40.0), arm("b", 25.0)];
        let definition = json!({
            "name": "trial", "control": "control", "arms": arms, "metrics": [{ "metric": "accuracy" }], "planned_units": 100,
        });
        let progress = json!({ "runs": [[3500, 0], [7500, 1], [10000, 2]] });
        let row = ExperimentRow {
            tenant: "default".into(),
            name: "trial".into(),
            revision: 5,
            state: "running".into(),
            layer: None,
            unit: "subject".into(),
            definition,
            progress,
            updated_at: UnixMicros(0),
        };
        Kept::from_row(row).unwrap()
    }

    fn counted(period: i64, revision: i64, arm: &str, share: f64) -> ExposureCount {
        ExposureCount { period, revision, arm: arm.into(), origin: "drawn".into(), share, units: 1 }
    }

    #[test]
    fn a_unit_belongs_to_the_weights_by_which_it_got_its_arm_whenever_it_was_heard() {
        let period = |since, revision, weights: [u16; 3]| Period {
            since: UnixMicros(since),
            revision,
            weights: weights.to_vec(),
        };
        let periods = Periods(vec![period(0, 2, [5000, 2500, 2500]), period(100, 5, [3500, 4000, 2500])]);
        // The second arm has the same weight at both times: only the revision tells.
        let late = [counted(2, 3, "b", 0.25), counted(2, 3, "control", 0.5), counted(2, 5, "b", 0.25)];
        assert_eq!(periods.drawn(&kept(), &late), [[1, 0, 1], [0, 0, 1]]);
        let unknown = [counted(2, 0, "control", 0.5), counted(2, 0, "a", 0.4), counted(1, 0, "control", 0.5)];
        assert_eq!(periods.drawn(&kept(), &unknown), [[1, 0, 0], [0, 1, 0]]);
    }
}
