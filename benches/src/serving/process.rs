//! `undertone serve` as a child process.

use super::Usage;
use crate::Options;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often the ready file is looked for; what a start takes is told to so much.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What a server is told beside its defaults.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServerSettings<'s> {
    /// The only core that it may use.
    pub(crate) core: Option<usize>,
    /// Settings by their path.
    pub(crate) set: &'s [&'s str],
}

/// A server; dropping it ends the process, and its data goes.
pub(crate) struct ServerProcess {
    child: Child,
    addresses: Addresses,
    /// From exec until it said that it was ready.
    pub(crate) seconds_to_ready: f64,
    _data: TempDir,
}

#[derive(Debug, Deserialize)]
struct Addresses {
    grpc: String,
    http: String,
}

impl ServerProcess {
    /// Starts one and waits until `/readyz` says yes.
    pub(crate) fn start(options: &Options, settings: ServerSettings<'_>) -> Result<Self> {
        let data = TempDir::new()?;
        let ready_file = data.path().join("ready.json");
        let mut command = on_core(&options.stage.join("bin/undertone"), settings.core);
        command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]);
        command.args(["--set", "log.filter=warn", "--set", "engine.max_streams=20000"]);
        command.args(settings.set.iter().flat_map(|setting| ["--set", setting]));
        command.arg("--models-dir").arg(&options.models_dir).arg("--data-dir").arg(data.path());
        command.arg("--ready-file").arg(&ready_file).stdout(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().context("the server cannot be started; is taskset installed?")?;
        let mut server = Self { child, addresses: Addresses::none(), seconds_to_ready: 0.0, _data: data };
        server.addresses = server.wait_for(&ready_file)?;
        let answer = server.get("/readyz")?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "the server is not ready: {answer}");
        server.seconds_to_ready = begun.elapsed().as_secs_f64();
        Ok(server)
    }

    /// Where it takes calls.
    pub(crate) fn url(&self) -> &str {
        &self.addresses.grpc
    }

    /// What it uses.
    pub(crate) fn usage(&self) -> Usage {
        Usage { process: self.child.id() }
    }

    fn wait_for(&mut self, ready_file: &Path) -> Result<Addresses> {
        // The server renames the file into its place, so a file that is there is whole.
        while !ready_file.exists() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended before it was ready ({status})");
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(serde_json::from_slice(&fs::read(ready_file)?)?)
    }

    fn get(&self, path: &str) -> Result<String> {
        let address = self.addresses.http.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Addresses {
    fn none() -> Self {
        Self { grpc: String::new(), http: String::new() }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already, which is all that an error here can mean.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs `program`, on one core only where one is named.
pub(crate) fn on_core(program: &Path, core: Option<usize>) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}
