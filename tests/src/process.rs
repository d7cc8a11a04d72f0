//! A server as a process of its own, which can be killed.

use crate::stage;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// `undertone serve`, over a data folder that it does not own. Killed on drop.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    grpc: String,
    http: String,
}

impl ServerProcess {
    /// Starts it with the defaults and `settings` over them; returns when it accepts calls.
    ///
    /// # Errors
    /// When there is no staged tree, or it ends before it is ready.
    pub async fn start(data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_saying(data, settings, Stdio::null(), Stdio::inherit()).await
    }

    /// The same with all that it says in the file `log`.
    ///
    /// # Errors
    /// As [`Self::start`], and when the file cannot be written.
    pub async fn start_with_log(data: &Path, settings: &[(&str, &str)], log: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::create(log)?;
        Self::start_saying(data, settings, file.try_clone()?.into(), file.into()).await
    }

    async fn start_saying(
        data: &Path,
        settings: &[(&str, &str)],
        stdout: Stdio,
        stderr: Stdio,
    ) -> anyhow::Result<Self> {
        let ready = data.with_extension("ready");
        let _ = std::fs::remove_file(&ready);
        let mut command = Command::new(stage()?.join("bin/undertone"));
        let listens = |(path, _): &&(&str, &str)| *path == "grpc.listen";
        let grpc = settings.iter().find(listens).map_or("127.0.0.1:0", |(_, address)| *address);
        command.args(["serve", "--grpc-listen", grpc, "--http-listen", "127.0.0.1:0"]);
        command.args(["--set", "log.filter=error", "--set", "engine.workers=2"]);
        command
            .args(settings.iter().flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={value}")]));
        command.arg("--data-dir").arg(data).arg("--ready-file").arg(&ready);
        command.stdout(stdout).stderr(stderr);
        let mut child = command.spawn().context("the staged server starts")?;
        let addresses = wait_for(&mut child, &ready).await?;
        let address = |name: &str| addresses[name].as_str().unwrap_or_default().to_owned();
        Ok(Self { child, grpc: address("grpc"), http: address("http") })
    }

    /// The URL of its gRPC side.
    pub fn url(&self) -> &str {
        &self.grpc
    }

    /// The address of its gRPC side, for the next one.
    pub fn address(&self) -> String {
        self.grpc.trim_start_matches("http://").to_owned()
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(mut self) {
        self.end();
    }

    /// Status line and body of `GET path`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<(String, String)> {
        self.get_with(path, "").await
    }

    /// The same with more `headers`, each of them with its line end.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get_with(&self, path: &str, headers: &str) -> anyhow::Result<(String, String)> {
        crate::server::get(self.http.trim_start_matches("http://"), path, headers).await
    }

    fn end(&mut self) {
        // It may have ended by itself, which is all that an error can mean.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end();
    }
}

async fn wait_for(child: &mut Child, ready: &Path) -> anyhow::Result<serde_json::Value> {
    loop {
        // The server renames the file into its place, so a file that is there is whole.
        if let Ok(text) = std::fs::read(ready) {
            return Ok(serde_json::from_slice(&text)?);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server ended before it was ready ({status})");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
