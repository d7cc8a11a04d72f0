//! What was known of subjects before the experiment.

use crate::experiments::Kept;
use std::collections::HashMap;
use undertone_experiments::{Foretold, Observations, Plan, Unit};
use undertone_store::Past;

/// What stands for a subject's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Covariate {
    /// Share of its judged answers that were right.
    Accuracy,
    /// Mean confidence of its answers.
    Confidence,
}

/// What was known of subjects before, and what that gains.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) covariate: Covariate,
    pub(crate) comparisons: Vec<Foretold>,
}

impl Covariate {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "share of right answers",
            Self::Confidence => "mean confidence",
        }
    }

    fn of(self, past: &Past) -> Option<f64> {
        match self {
            Self::Accuracy => (past.judged > 0).then(|| past.right_ones as f64 / past.judged as f64),
            Self::Confidence => Some(past.confidence),
        }
    }
}

/// The live arms against the control with what was known before; `None` where nothing was. Which figure stands for the past is
/// decided by the past alone: accuracy where at least half of those who have one were judged, else confidence.
pub(super) fn known(kept: &Kept, past: &[Past], seen: &Observations, plan: &Plan) -> Option<Known> {
    if past.is_empty() || kept.experiment.definition().unit == Unit::Stream {
        return None;
    }
    let judged = past.iter().filter(|own| own.judged > 0).count();
    let covariate = if 2 * judged >= past.len() { Covariate::Accuracy } else { Covariate::Confidence };
    let values: HashMap<String, f64> =
        past.iter().filter_map(|own| Some((own.unit.clone(), covariate.of(own)?))).collect();
    let sequence = plan.sequence.shared(plan.comparisons());
    let compared = plan
        .rivals()
        .into_iter()
        .filter_map(|arm| Foretold::of(seen, (plan.control, arm), &values, &sequence));
    let comparisons: Vec<Foretold> = compared.collect();
    (!comparisons.is_empty()).then_some(Known { covariate, comparisons })
}
