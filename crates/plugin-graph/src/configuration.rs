//! What the host says about the graph.

use serde::Deserialize;
use std::path::PathBuf;
use undertone_plugin_sdk::{Failure, Shape, StateShape};

/// The configuration of a plugin that runs a graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Absolute path of the graph.
    pub graph: PathBuf,
    /// Name of the graph's input.
    pub input: String,
    /// Name of the graph's output.
    pub output: String,
    /// Values per frame.
    pub dim: u32,
    /// Labels in the order of the output.
    pub labels: Vec<String>,
    /// What the graph takes and gives beside, to go on where a stream's last call ended; none for a graph that scores
    /// whole utterances.
    #[serde(default)]
    pub states: Vec<State>,
    /// A graph with states takes frames in multiples of this.
    #[serde(default = "one")]
    pub step_frames: usize,
}

/// A state of a graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Name of the input.
    #[serde(rename = "in")]
    pub name_in: String,
    /// Name of the output.
    #[serde(rename = "out")]
    pub name_out: String,
    /// Lengths for one stream.
    pub shape: Vec<usize>,
}

impl State {
    /// Number of values for one stream.
    pub fn length(&self) -> usize {
        self.shape.iter().product()
    }
}

fn one() -> usize {
    1
}

impl Configuration {
    /// What a plugin with this configuration takes and gives.
    pub fn shape(&self) -> Shape {
        Shape { dim: self.dim, labels: u32::try_from(self.labels.len()).unwrap_or(u32::MAX) }
    }

    /// What must be remembered of a stream, as the host is told.
    pub fn state_shapes(&self) -> Vec<StateShape> {
        let shape = |state: &State| StateShape {
            name: state.name_in.clone(),
            length: u32::try_from(state.length()).unwrap_or(u32::MAX),
        };
        self.states.iter().map(shape).collect()
    }

    /// Reads the host's JSON.
    ///
    /// # Errors
    /// When it is none, or says something that no graph can be.
    pub fn read(text: &str) -> Result<Self, Failure> {
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
