//! Answers to the clips of a run that were asked for in another way.

use super::interim::InterimPrediction;
use super::prediction::Prediction;

/// What the networks of a run say in another way about the same clips, as with weights in 8 bits; empty where they were not
/// asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Variant {
    /// Answers to whole clips.
    pub whole: Vec<Prediction>,
    /// Answers of the causal network.
    pub interim: Vec<InterimPrediction>,
}

impl Variant {
    /// None were asked for.
    pub const NOT_ASKED: Self = Self { whole: Vec::new(), interim: Vec::new() };

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Adds the answers of `other`, of another fold.
    pub fn extend(&mut self, other: Self) {
        self.whole.extend(other.whole);
        self.interim.extend(other.interim);
    }
}
