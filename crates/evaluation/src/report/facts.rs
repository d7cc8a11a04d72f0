//! What a report says about a model beyond its predictions.

/// A model as its makers describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its name, with its version if it has one.
    pub model: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// How many values it learnt.
    pub parameters: u64,
    /// Multiplications with addition for a second of speech.
    pub macs_per_second: u64,
    /// Size of its graph's file.
    pub file_bytes: u64,
    /// Time for one clip on one thread, features included, where it was measured.
    pub milliseconds_per_clip: Option<f64>,
    /// Licence of the weights.
    pub licence: String,
    /// Name of the data set.
    pub data_set: String,
    /// How to cite the data set.
    pub citation: String,
}
