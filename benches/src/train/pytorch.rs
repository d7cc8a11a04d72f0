//! PyTorch's side of `train`: a Python process that trains an epoch whenever it is asked to.

use super::workload::Workload;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/train_pytorch.py");

/// The process, with the workload in its memory.
#[derive(Debug)]
pub(super) struct Pytorch {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
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
        let mut command = Command::new(python);
        command.arg(SCRIPT).arg(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("start {}", python.display()))?;
        let requests = process.stdin.take().context("the process has no input")?;
        let mut answers = BufReader::new(process.stdout.take().context("the process has no output")?);
        // Once it answers it has read the folder, which may go.
        let description = read(&mut answers)
            .with_context(|| format!("{} must have torch and numpy: see --python", python.display()))?;
        Ok(Self { process, requests, answers, description })
    }

    /// Trains one more epoch.
    pub(super) fn epoch(&mut self) -> Result<Epoch> {
        writeln!(self.requests, "epoch").context("ask PyTorch for an epoch")?;
        read(&mut self.answers)
    }
}

impl Drop for Pytorch {
    fn drop(&mut self) {
        // A process that has ended already cannot be ended, and that is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read<T: DeserializeOwned>(answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line).context("read what PyTorch answers")?;
    serde_json::from_str(&line).with_context(|| format!("PyTorch's side answered {line:?}"))
}
