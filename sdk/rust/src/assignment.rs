//! Which arm of an experiment a unit gets, computed here: the same as at every server and in every other client.

use crate::error::ClientError;
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
    /// `ClientError::Allotment` when it does not tell its allotment, as an older server's does not, or one that cannot be.
    pub fn of(experiment: &v1::Experiment) -> Result<Self, ClientError> {
        let wrong = |what: String| ClientError::Allotment { experiment: experiment.name.clone(), what };
        let bucket = |number: u32| {
            let count = u32::from(Bucket::COUNT);
            let found = u16::try_from(number).ok().filter(|_| number <= count);
            found.ok_or_else(|| wrong(format!("there is no bucket {number} among {count}")))
        };
        let too_old = "the server does not tell what arms follow from; it is too old";
        let told = experiment.allotment.clone().ok_or_else(|| wrong(too_old.to_owned()))?;
        let run = |(number, run): (usize, &v1::BucketRun)| {
            let place = experiment.arms.iter().position(|arm| arm.name == run.arm);
            let unknown = || wrong(unknown_arm(number, &run.arm, &experiment.arms));
            Ok(Run { until: bucket(run.until)?, arm: ArmIndex(place.ok_or_else(unknown)?) })
        };
        let runs = told.runs.iter().enumerate().map(run).collect::<Result<_, ClientError>>()?;
        let slot = told.layer.map(|part| {
            let (from, until) = (bucket(part.from)?, bucket(part.until)?);
            Ok::<_, ClientError>(Slot { layer: part.name, from, until })
        });
        let holdout = told.holdout.map(|out| {
            let buckets = bucket(out.buckets)?;
            Ok::<_, ClientError>(Holdout { salt: out.name, buckets })
        });
        let allocation = Allocation::from_runs(runs).map_err(|error| wrong(error.to_string()))?;
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

fn unknown_arm(number: usize, arm: &str, arms: &[v1::ExperimentArm]) -> String {
    let known: Vec<String> = arms.iter().map(|arm| format!("{:?}", arm.name)).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("allotment.runs[{number}] names the arm {arm:?}; there are {known}")
}
