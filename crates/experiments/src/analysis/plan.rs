//! How an experiment is looked at.

use super::sequence::Sequence;
use crate::ExperimentError;
use crate::assignment::ArmIndex;
use crate::definition::{Arm, Experiment, Goal, Guardrail};

/// Draws behind an interval that is made by drawing.
const DRAWS: usize = 1_000;

/// How an experiment is looked at. All of it is fixed before the first unit comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The arm that the others are compared with.
    pub control: ArmIndex,
    /// Each arm's share in buckets; 0 for shadows. Where weights were changed, units are counted against the last
    /// ones, and the check of their numbers means something only for those assigned since.
    pub weights: Vec<u16>,
    /// The figures; the first one decides.
    pub goals: Vec<Goal>,
    /// What arms must not do.
    pub guardrails: Vec<Guardrail>,
    /// What intervals and p-values are made by.
    pub sequence: Sequence,
    /// Draws behind an interval that is made by drawing, each at the cost of all answers; 0 for no such interval.
    pub draws: usize,
    /// Where drawing begins.
    pub seed: u64,
}

impl Plan {
    /// The plan that an experiment's definition makes.
    pub fn of(experiment: &Experiment) -> Result<Self, ExperimentError> {
        let definition = experiment.definition();
        Ok(Self {
            control: experiment.control(),
            weights: definition.arms.iter().map(|arm: &Arm| arm.weight).collect(),
            goals: definition.goals.clone(),
            guardrails: definition.guardrails.clone(),
            sequence: Sequence::new(definition.alpha, definition.planned_units)?,
            draws: DRAWS,
            seed: 1,
        })
    }

    /// How many arms are compared with the control, live ones and shadows. They share the `alpha`.
    pub fn comparisons(&self) -> usize {
        self.weights.len().saturating_sub(1)
    }

    /// The live arms that are compared with the control.
    pub(super) fn rivals(&self) -> Vec<ArmIndex> {
        self.others(|weight| weight > 0)
    }

    /// The arms without a weight: shadows, and those that were stopped.
    pub(super) fn shadows(&self) -> Vec<ArmIndex> {
        self.others(|weight| weight == 0)
    }

    fn others(&self, wanted: impl Fn(u16) -> bool) -> Vec<ArmIndex> {
        let arms = (0..self.weights.len()).map(ArmIndex).filter(|arm| *arm != self.control);
        arms.filter(|arm| wanted(self.weights[arm.0])).collect()
    }
}
