//! What an experiment is.

mod arm;
mod experiment;
mod guardrail;
mod metric;
mod mistake;
mod state;
mod validation;

pub use arm::{Arm, Unit};
pub use experiment::Experiment;
pub use guardrail::{Guardrail, Verdict};
pub use metric::{Better, Metric};
pub use mistake::Mistake;
pub use state::State;

use crate::assignment::{Holdout, Slot};

/// A metric of an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The figure.
    pub metric: Metric,
    /// A difference up to this counts as none, in the unit of the figure.
    pub margin: f64,
}

/// An experiment as somebody wrote it down; [`Experiment::new`] says whether it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// What people call it.
    pub name: String,
    /// What is compared. The place in the list is the arm's identity: new arms come last and none is taken out.
    pub arms: Vec<Arm>,
    /// The name of the arm that the others are compared with.
    pub control: String,
    /// What is assigned as a whole.
    pub unit: Unit,
    /// What makes its draws its own. A text without a zero byte that no other experiment has.
    pub salt: String,
    /// Its part of a layer; `None` when it may have all units.
    pub slot: Option<Slot>,
    /// Who is kept out.
    pub holdout: Option<Holdout>,
    /// The figures of interest; the first one decides.
    pub goals: Vec<Goal>,
    /// What arms must not do.
    pub guardrails: Vec<Guardrail>,
    /// The probability of ever calling equal arms different, above 0 and below 1.
    pub alpha: f64,
    /// How many units it is planned for, all arms together: where its intervals are narrowest for their width. It
    /// is fixed before the first unit comes.
    pub planned_units: u64,
}
