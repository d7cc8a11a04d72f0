//! Which arm of an experiment a unit gets, computed here: the same as at every server and in every other client.

use undertone_proto::v1;

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

    /// The one that the server told of. Arms are numbered as in its `arms`. Whether the experiment runs, and a unit is eligible
    /// by its labels, is the caller's to look at.
    ///
    /// # Errors
    /// When it does not tell its allotment, as an older server's does not, or one that cannot be.
    pub fn of(experiment: &v1::Experiment) -> Result<Self, ExperimentError> {
        let told = experiment.allotment.clone().ok_or(ExperimentError::Runs)?;
        let bucket = |number: u32| u16::try_from(number).map_err(|_| ExperimentError::Runs);
        let run = |run: &v1::BucketRun| {
            let place = experiment.arms.iter().position(|arm| arm.name == run.arm);
            let unknown = || ExperimentError::UnknownArm { arm: run.arm.clone() };
            Ok(Run { until: bucket(run.until)?, arm: ArmIndex(place.ok_or_else(unknown)?) })
        };
        let runs = told.runs.iter().map(run).collect::<Result<_, ExperimentError>>()?;
        let slot = told.layer.map(|part| {
            let (from, until) = (bucket(part.from)?, bucket(part.until)?);
            Ok::<_, ExperimentError>(Slot { layer: part.name, from, until })
        });
        let holdout = told.holdout.map(|out| {
            let buckets = bucket(out.buckets)?;
            Ok::<_, ExperimentError>(Holdout { salt: out.name, buckets })
        });
        let allocation = Allocation::from_runs(runs)?;
        Ok(Self { salt: told.salt, allocation, slot: slot.transpose()?, holdout: holdout.transpose()? })
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
