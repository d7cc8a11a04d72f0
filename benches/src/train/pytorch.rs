//! PyTorch's side of `train`: a Python process that trains an epoch whenever it is asked to.

use super::workload::Workload;
use crate::python::Script;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/train_pytorch.py");

/// The process, with the workload in its memory.
#[derive(Debug)]
pub(super) struct Pytorch {
    script: Script,
    pub(super) description: Description,
}

/// What the script says of itself before anything else.
#[derive(Debug, Deserialize)]
pub(super) struct Description {
    /// PyTorch's version.
    pub(super) version: String,
    /// How many learnt values the network has.
    pub(super) learnt: usize,
}

/// What the script says of an epoch.
#[derive(Debug, Deserialize)]
pub(super) struct Epoch {
    /// Its duration by the script's own clock.
    pub(super) seconds: f64,
    /// Mean loss over the steps.
    pub(super) loss: f64,
    /// Processor time over duration: how many cores it had.
    pub(super) cores: f64,
}

impl Pytorch {
    /// Starts the script with `python`, which has to have torch and numpy.
    pub(super) fn start(python: &Path, workload: &Workload) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the workload")?;
        workload.write(folder.path())?;
        let (script, description) = Script::start(python, SCRIPT.as_ref(), folder.path(), &[])?;
        Ok(Self { script, description })
    }

    /// Trains one more epoch.
    pub(super) fn epoch(&mut self) -> Result<Epoch> {
        self.script.ask("epoch")
    }
}
