//! The manifest as it stands in `bundle.toml`.
//!
//! These types mirror the file. What a value must fulfil stands beside its field and is checked, all mistakes
//! at once, when a bundle is opened or written.

use crate::{Calibration, Golden, Profile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The manifest schema this crate reads and writes.
pub const SCHEMA: u32 = 1;

/// What a bundle says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The model's name: lower-case letters, digits, `-` and `_`, at most 64 of them, a letter first.
    pub name: String,
    /// The model's version, three numbers as in semantic versioning.
    pub version: String,
    /// One sentence for lists.
    pub description: String,
    /// Licence of the weights, not empty.
    pub licence: String,
    /// Labels in the order of the graph's output: at least two, none empty, none twice.
    pub labels: Vec<String>,
    /// Which plugins run it.
    pub plugin: Plugin,
    /// Which features it was trained on.
    pub features: Features,
    /// Its graphs.
    pub graph: Graphs,
    /// What its scores need, and how far they can be trusted.
    pub calibration: Calibration,
    /// How long its input may be.
    pub limits: Limits,
    /// What it was trained on, and how well it does.
    pub training: Training,
    /// Frames whose logits are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golden: Option<Golden>,
    /// What the clips were like that it learnt from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Checksum (`sha256:` and 64 hexadecimal digits) of every file of the folder but the manifest, by the
    /// file's path relative to the folder, with `/` between parts. Written by [`crate::Bundle::write`].
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// Which plugins run a model. Names are spelled like a model's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Name of the classifier plugin, for instance `onnx`.
    pub classifier: String,
    /// Name of the extractor plugin, for instance `logmel`.
    pub extractor: String,
    /// The plugin contract that the bundle was made for, `major.minor`.
    pub abi: String,
}

/// Which features a model was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// The recipe's fingerprint; the extractor plugin must report the same.
    pub fingerprint: String,
    /// Values per frame, at least 1.
    pub dim: u32,
    /// All parameters of the recipe; only the extractor plugin understands them.
    pub recipe: toml::Table,
}

/// The graphs of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphs {
    /// Full context, for whole utterances and files.
    pub whole: Graph,
    /// Causal with carried state, for interim updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamGraph>,
}

/// A graph over a whole utterance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// Path of the graph in the bundle; listed in [`Manifest::files`].
    pub file: String,
    /// The features: `[batch, time, dim]`.
    pub input: Tensor,
    /// The logits: `[batch, labels]`.
    pub output: Tensor,
}

/// A causal graph that carries state from call to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamGraph {
    /// Path of the graph in the bundle; listed in [`Manifest::files`].
    pub file: String,
    /// The new features: `[batch, time, dim]`.
    pub input: Tensor,
    /// The logits: `[batch, labels]`.
    pub output: Tensor,
    /// Frames go in by multiples of this; at least 1.
    #[serde(default = "one")]
    pub step_frames: u32,
    /// Its logits are divided by this before the softmax; by `calibration.temperature` where nothing is said. Above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// The state tensors, zero at the start of an utterance.
    pub states: Vec<State>,
}

fn one() -> u32 {
    1
}

/// A tensor of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Its name in the graph.
    pub name: String,
    /// Its dimensions.
    pub dims: Vec<Dim>,
}

/// A dimension of a tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dim {
    /// Always this long.
    Fixed(u32),
    /// As long as the call says, for instance `batch` or `time`.
    Named(String),
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(length) => length.fmt(f),
            Self::Named(name) => name.fmt(f),
        }
    }
}

/// A state tensor of a causal graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Name of the graph's input that takes the state before.
    pub name_in: String,
    /// Name of the graph's output that gives the state after.
    pub name_out: String,
    /// Its lengths for one stream.
    pub shape: Vec<u32>,
}

/// How many frames a model scores at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Fewer are not scored; at least 1.
    pub min_frames: u32,
    /// More are not scored; not below `min_frames`.
    pub max_frames: u32,
}

/// What a model was trained on, and how well it does on speakers it never heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Name of the data set.
    pub dataset: String,
    /// How speakers were split, in words.
    pub protocol: String,
    /// Seed of everything random.
    pub seed: u32,
    /// Speakers trained on.
    pub train_speakers: Vec<String>,
    /// Speakers that chose the epoch and the calibration.
    pub validation_speakers: Vec<String>,
    /// Speakers that the figures below come from; none of them stands in another list.
    pub test_speakers: Vec<String>,
    /// Clips trained on.
    pub clips: u32,
    /// Share of test clips that were named right, 0 to 1.
    pub accuracy: f64,
    /// Unweighted average recall on the test clips, 0 to 1.
    pub uar: f64,
    /// Epochs trained.
    pub epochs: u32,
}
