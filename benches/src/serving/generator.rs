//! `undertone bench` as a child process.

use super::process::on_core;
use crate::Options;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::{Child, Stdio};

/// A load generator with its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generator<'g> {
    pub(crate) model: &'g str,
    /// The only core that it may use.
    pub(crate) core: Option<usize>,
    pub(crate) arguments: &'g [&'g str],
}

impl Generator<'_> {
    /// Puts the load on the server at `url` and gives the report.
    pub(crate) fn run(&self, options: &Options, url: &str) -> Result<Value> {
        let output = self.start(options, url)?.wait_with_output()?;
        ensure!(output.status.success(), "the load generator ended with {}", output.status);
        serde_json::from_slice(&output.stdout).context("the load generator gave no JSON")
    }

    /// The same without waiting.
    pub(crate) fn start(&self, options: &Options, url: &str) -> Result<Child> {
        let mut command = on_core(&options.stage.join("bin/undertone"), self.core);
        command.args(["bench", "--json", "--server", url, "--model", self.model]);
        command.args(self.arguments).stdout(Stdio::piped());
        command.spawn().context("the load generator cannot be started")
    }
}
