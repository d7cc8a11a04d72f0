//! The graph that all servers run.

use crate::Options;
use anyhow::Result;
use std::path::PathBuf;
use undertone_core::Model;

/// A bundle's graph over whole utterances.
#[derive(Debug)]
pub(super) struct SharedGraph {
    /// The bundle, NAME@VERSION.
    pub(super) model: String,
    pub(super) path: PathBuf,
    pub(super) input: String,
    pub(super) output: String,
    /// Values per frame.
    pub(super) dim: usize,
}

impl SharedGraph {
    /// That of the newest bundle of this name.
    pub(super) fn of(options: &Options, name: &str) -> Result<Self> {
        let models = options.models();
        let model = models.resolve(name)?;
        let whole = &model.manifest().graph.whole;
        Ok(Self {
            model: model.reference().to_string(),
            path: std::path::absolute(model.dir().join(&whole.file))?,
            input: whole.input.name.clone(),
            output: whole.output.name.clone(),
            dim: model.layout().dim,
        })
    }
}
