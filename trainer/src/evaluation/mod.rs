//! How well networks do on clips they never learnt from.

mod decision;
mod fold;
mod interim;
mod scores;
mod shelf;
mod temperature;

pub use decision::{Decision, DecisionRule};
pub use fold::{FoldEvidence, Measured};
pub use interim::HEARD_SECONDS;
pub use scores::{ClipScores, Trial, score};
pub use shelf::FoldShelf;
pub use temperature::fit_temperature;
