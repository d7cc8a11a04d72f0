//! Other software's side of a benchmark: a Python process that answers every line with one JSON object.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A script under way. It ends with this value.
#[derive(Debug)]
pub(crate) struct Script {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Script {
    /// Starts `script` with the folder that holds its input, and reads what it says of itself. By then it has
    /// read the folder, which may go.
    pub(crate) fn start<T: DeserializeOwned>(
        python: &Path,
        script: &Path,
        input: &Path,
        environment: &[(&str, &str)],
    ) -> Result<(Self, T)> {
        let mut command = Command::new(python);
        command.arg(script).arg(input).envs(environment.iter().copied());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", python.display()))?;
        let requests = process.stdin.take().context("the process has no input")?;
        let answers = BufReader::new(process.stdout.take().context("the process has no output")?);
        let mut script = Self { process, requests, answers };
        let description = script.read().with_context(|| {
            format!("{} must have the packages of this benchmark: see --python", python.display())
        })?;
        Ok((script, description))
    }

    /// Sends a line and reads the answer to it.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, line: &str) -> Result<T> {
        writeln!(self.requests, "{line}").with_context(|| format!("ask for {line:?}"))?;
        self.read()
    }

    fn read<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.answers.read_line(&mut line).context("read what the script answers")?;
        serde_json::from_str(&line).with_context(|| format!("the script answered {line:?}"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // A process that has ended already cannot be ended, and that is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
