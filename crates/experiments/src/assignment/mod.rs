//! Who gets which arm: a pure function of the experiment and the unit's key.

mod allocation;
mod bucket;
mod slot;

pub use allocation::{Allocation, Run};
pub use bucket::{Bucket, Purpose};
pub use slot::{Holdout, Slot};

/// An arm's place in its experiment's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArmIndex(pub usize);

/// How a unit came to its arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// By the hash of its key.
    Drawn,
    /// Somebody asked for it. Such a unit says nothing about arms and is left out of the analysis.
    Forced,
}

/// What an experiment has for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignment {
    /// It is in the experiment.
    Arm {
        /// With this arm.
        arm: ArmIndex,
        /// And for this reason.
        origin: Origin,
    },
    /// It is kept out of all experiments.
    HeldOut,
    /// It falls into another part of the layer.
    Elsewhere,
}
