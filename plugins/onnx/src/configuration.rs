//! What the host says about the graph.

use serde::Deserialize;
use std::path::PathBuf;
use undertone_plugin_sdk::Failure;

/// The configuration of the plugin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Absolute path of the graph.
    pub(crate) graph: PathBuf,
    /// Name of the graph's input.
    pub(crate) input: String,
    /// Name of the graph's output.
    pub(crate) output: String,
    /// Values per frame.
    pub(crate) dim: u32,
    /// Labels in the order of the output.
    pub(crate) labels: Vec<String>,
    /// What the graph takes and gives beside, to go on where a stream's last call ended; none for a graph that scores
    /// whole utterances.
    #[serde(default)]
    pub(crate) states: Vec<State>,
    /// A graph with states takes frames in multiples of this.
    #[serde(default = "one")]
    pub(crate) step_frames: usize,
}

/// A state of a graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Name of the input.
    #[serde(rename = "in")]
    pub(crate) name_in: String,
    /// Name of the output.
    #[serde(rename = "out")]
    pub(crate) name_out: String,
    /// Lengths for one stream.
    pub(crate) shape: Vec<usize>,
}

impl State {
    /// Number of values for one stream.
    pub(crate) fn length(&self) -> usize {
        self.shape.iter().product()
    }
}

fn one() -> usize {
    1
}

impl Configuration {
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let read: Self = serde_json::from_str(text).map_err(|why| Failure::refused(&why))?;
        if read.dim == 0 || read.labels.is_empty() {
            return Err(Failure::refused("dim and labels must not be empty"));
        }
        if read.step_frames == 0 {
            return Err(Failure::refused("step_frames must be at least 1"));
        }
        if let Some(state) = read.states.iter().find(|state| state.length() == 0) {
            return Err(Failure::Refused(format!("the state {:?} holds no value", state.name_in)));
        }
        Ok(read)
    }
}
