//! What a report says about a model beyond its predictions.

/// A model as its makers describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its name, with its version if it has one.
    pub model: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// The graphs that a bundle of it may hold, the one for final results first.
    pub graphs: Vec<GraphFacts>,
    /// How times were measured, in a sentence; `None` where there are none.
    pub timing: Option<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Name of the data set.
    pub data_set: String,
    /// What its clips are like, in a sentence or two, where it is known.
    pub about: Option<String>,
    /// How to cite the data set.
    pub citation: String,
}

/// Size and cost of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphFacts {
    /// What it is.
    pub name: String,
    /// How many values it learnt.
    pub parameters: u64,
    /// Multiplications with addition for a second of speech.
    pub macs_per_second: u64,
    /// Size of its file.
    pub file_bytes: u64,
    /// Time for one clip on one thread, features included, where it was measured.
    pub milliseconds_per_clip: Option<f64>,
}
