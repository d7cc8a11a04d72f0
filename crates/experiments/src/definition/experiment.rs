//! A definition that can be.

use super::{Definition, validation};
use crate::ExperimentError;
use crate::assignment::{Allocation, ArmIndex, Assignment, Bucket, Origin, Purpose, Run};

/// A definition that was found without mistakes, and its allocation of buckets.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    definition: Definition,
    allocation: Allocation,
    control: ArmIndex,
}

impl Experiment {
    /// Checks `definition` as a whole; the error names everything that is wrong with it.
    pub fn new(definition: Definition) -> Result<Self, ExperimentError> {
        let allocation = Allocation::new(&weights(checked(&definition)?));
        Self::with(definition, allocation?)
    }

    /// Takes up an experiment whose allocation was kept. The weights of `definition` are in force afterwards: where
    /// they are not those of the kept runs, the fewest buckets move.
    pub fn resume(definition: Definition, runs: Vec<Run>) -> Result<Self, ExperimentError> {
        let allocation = Allocation::from_runs(runs)?.reweighted(&weights(checked(&definition)?));
        Self::with(definition, allocation?)
    }

    /// What it was made from.
    pub const fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Which arm owns which buckets. Its runs are kept with the experiment, and are what other programs assign by.
    pub const fn allocation(&self) -> &Allocation {
        &self.allocation
    }

    /// The arm that the others are compared with.
    pub const fn control(&self) -> ArmIndex {
        self.control
    }

    /// What it has for the unit named `key`: nothing for one that is held out or falls into another part of the
    /// layer, and else the arm of its bucket.
    pub fn assign(&self, key: &str) -> Assignment {
        if self.definition.holdout.as_ref().is_some_and(|holdout| holdout.holds(key)) {
            return Assignment::HeldOut;
        }
        if self.definition.slot.as_ref().is_some_and(|slot| !slot.holds(key)) {
            return Assignment::Elsewhere;
        }
        let bucket = Bucket::of(Purpose::Arm, &self.definition.salt, key);
        Assignment::Arm { arm: self.allocation.arm(bucket), origin: Origin::Drawn }
    }

    /// The assignment of a unit for which somebody asked for `arm`, in front of holdout and layer. It is marked.
    pub fn force(&self, arm: &str) -> Result<Assignment, ExperimentError> {
        let place = self.definition.arms.iter().position(|own| own.name == arm);
        let place = place.ok_or_else(|| ExperimentError::UnknownArm { arm: arm.to_owned() })?;
        Ok(Assignment::Arm { arm: ArmIndex(place), origin: Origin::Forced })
    }

    fn with(definition: Definition, allocation: Allocation) -> Result<Self, ExperimentError> {
        let control = definition.arms.iter().position(|arm| arm.name == definition.control);
        let unknown = || ExperimentError::UnknownArm { arm: definition.control.clone() };
        let control = ArmIndex(control.ok_or_else(unknown)?);
        Ok(Self { definition, allocation, control })
    }
}

fn checked(definition: &Definition) -> Result<&Definition, ExperimentError> {
    let mistakes = validation::mistakes(definition);
    if mistakes.is_empty() { Ok(definition) } else { Err(ExperimentError::Definition { mistakes }) }
}

fn weights(definition: &Definition) -> Vec<u16> {
    definition.arms.iter().map(|arm| arm.weight).collect()
}
