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
}

impl Configuration {
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let read: Self = serde_json::from_str(text).map_err(|why| Failure::refused(&why))?;
        if read.dim == 0 || read.labels.is_empty() {
            return Err(Failure::refused("dim and labels must not be empty"));
        }
        Ok(read)
    }
}
