//! Which arm of an experiment a unit gets, computed here: the same as at every server and in every other client.

pub use undertone_experiments::{
    Allocation, ArmIndex, Assignment, Bucket, ExperimentError, Holdout, Origin, Purpose, Run, Slot,
};

/// What assignment takes of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineExperiment {
    /// The experiment's salt.
    pub salt: String,
    /// Which arm owns which buckets.
    pub allocation: Allocation,
    /// Its part of a layer.
    pub slot: Option<Slot>,
    /// Units that are in no experiment.
    pub holdout: Option<Holdout>,
}

impl OfflineExperiment {
    /// One with all units, none of them held out.
    pub fn new(salt: impl Into<String>, allocation: Allocation) -> Self {
        Self { salt: salt.into(), allocation, slot: None, holdout: None }
    }

    /// What it has for the unit named `key`.
    pub fn assign(&self, key: &str) -> Assignment {
        if self.holdout.as_ref().is_some_and(|holdout| holdout.holds(key)) {
            return Assignment::HeldOut;
        }
        if self.slot.as_ref().is_some_and(|slot| !slot.holds(key)) {
            return Assignment::Elsewhere;
        }
        let bucket = Bucket::of(Purpose::Arm, &self.salt, key);
        Assignment::Arm { arm: self.allocation.arm(bucket), origin: Origin::Drawn }
    }
}
