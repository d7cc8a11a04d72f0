//! How an experiment is looked at.

use super::sequence::Sequence;
use crate::ExperimentError;
use crate::assignment::ArmIndex;
use crate::definition::{Arm, Experiment, Goal, Guardrail};
use undertone_core::Role;

/// Draws behind an interval that is made by drawing.
const DRAWS: usize = 1_000;

/// How an experiment is looked at. All of it is fixed before the first unit comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The arm that the others are compared with.
    pub control: ArmIndex,
    /// Each arm's share in buckets; 0 for shadows, and for a live arm that gets no new units. Where weights were changed, units
    /// are counted against the last ones, and the check of their numbers means something only for those assigned since.
    pub weights: Vec<u16>,
    /// The arms that listen along: they are compared with the control on audio that both answered.
    pub shadows: Vec<ArmIndex>,
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
            shadows: shadows(&definition.arms),
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

    /// The live arms that are compared with the control, also those that get no new units any more.
    pub fn rivals(&self) -> Vec<ArmIndex> {
        self.others().filter(|arm| !self.shadows.contains(arm)).collect()
    }

    pub(super) fn listeners(&self) -> Vec<ArmIndex> {
        self.others().filter(|arm| self.shadows.contains(arm)).collect()
    }

    fn others(&self) -> impl Iterator<Item = ArmIndex> {
        (0..self.weights.len()).map(ArmIndex).filter(|arm| *arm != self.control)
    }
}

fn shadows(arms: &[Arm]) -> Vec<ArmIndex> {
    let shadows = arms.iter().enumerate().filter(|(_, arm)| arm.role == Role::Shadow);
    shadows.map(|(place, _)| ArmIndex(place)).collect()
}
