//! Experiments as they are kept: definitions with everybody who changed them, who was exposed, and what the answers were.
//!
//! With Postgres, definitions are kept there, for all servers, and the journal's file holds a copy for a start while
//! Postgres is away. Exposures and feedback are durable in the journal's file first and go to Postgres from there.

mod evidence;
mod past;
mod postgres;
mod row;
mod sqlite;
mod store;

pub use evidence::{Evidence, EvidenceQuery, JudgedAnswer, Reading};
pub use past::Past;
pub use row::{ExperimentChange, ExperimentKey, ExperimentRow, Exposure, ExposureCount, Put, Reason};
pub use store::ExperimentStore;
