//! A model that takes part.

use undertone_core::{ModelRef, Role};

/// A model that takes part in an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// What people call it; it stays when the model's version is raised.
    pub name: String,
    /// The model.
    pub model: ModelRef,
    /// How many of the 10,000 buckets it has: 0 for a shadow, which scores what the others answer.
    pub weight: u16,
    /// Whether its answers are sent.
    pub role: Role,
}

/// What is assigned as a whole, and what the analysis takes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Everything that comes with one subject key. Answers about one person are alike: this is the right unit
    /// wherever clients name the person.
    Subject,
    /// One stream. A person who opens two may get two arms.
    Stream,
}
