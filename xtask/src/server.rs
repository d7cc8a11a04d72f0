//! A running server that the demo talks to.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::process;

/// How often the ready file is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long an answer over HTTP may take.
const HTTP_PATIENCE: Duration = Duration::from_secs(10);

/// Where the server may listen.
#[derive(Clone, Copy)]
pub(crate) enum Ports {
    /// Ports that nobody uses, chosen by the system.
    Any,
    /// The ports that the server's own defaults name.
    Default,
}

/// The addresses that the server writes to its ready file.
#[derive(Deserialize)]
pub(crate) struct Addresses {
    pub(crate) grpc: String,
    pub(crate) http: String,
}

/// The server's process. Dropping it ends the process.
pub(crate) struct Server {
    child: Child,
    data: PathBuf,
    /// The staged program.
    pub(crate) program: PathBuf,
    /// Where it listens.
    pub(crate) addresses: Addresses,
}

impl Server {
    /// Starts the staged server with its data in `data`, and returns when it is ready.
    pub(crate) fn start(stage: &Path, data: &Path, ports: Ports) -> Result<Self> {
        fs::create_dir_all(data).with_context(|| format!("create {}", data.display()))?;
        let ready_file = data.join("ready.json");
        remove_old(&ready_file)?;
        let program = stage.join("bin/undertone");
        let mut command = Command::new(&program);
        command.arg("serve").arg("--data-dir").arg(data).arg("--ready-file").arg(&ready_file);
        if let Ports::Any = ports {
            command.args(["--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]);
        }
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        match wait_until_ready(&mut child, &ready_file) {
            Ok(addresses) => Ok(Self { child, program, data: data.to_path_buf(), addresses }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Recognises a clip with one model over the wire and shows its timeline.
    pub(crate) fn recognize(&self, clip: &Path, model: &str) -> Result<()> {
        let mut client = Command::new(&self.program);
        client.arg("recognize").arg(clip);
        process::run(client.args(["--server", &self.addresses.grpc, "--model", model, "--stream"]))
    }

    /// Shows what the server has recorded.
    pub(crate) fn show_records(&self) -> Result<()> {
        process::run(Command::new(&self.program).args(["db", "recent", "--data-dir"]).arg(&self.data))
    }

    /// Returns what `/metrics` answers, headers included.
    pub(crate) fn metrics(&self) -> Result<String> {
        let address = self.addresses.http.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_read_timeout(Some(HTTP_PATIENCE))?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).context("read /metrics")?;
        ensure!(
            answer.starts_with("HTTP/1.1 200"),
            "/metrics answered: {}",
            answer.lines().next().unwrap_or_default()
        );
        Ok(answer)
    }

    /// Asks the server to drain and leave, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        process::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        self.wait()
    }

    /// Waits until the server leaves by itself.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "the server left with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends a process that may have ended already, which is all that an error here can mean.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn remove_old(ready_file: &Path) -> Result<()> {
    match fs::remove_file(ready_file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", ready_file.display()))
        }
        _ => Ok(()),
    }
}

/// Returns what the ready file says; fails when the server ends before it has written the file.
fn wait_until_ready(child: &mut Child, ready_file: &Path) -> Result<Addresses> {
    // The server renames the file into its place, so a file that is there is whole.
    while !ready_file.exists() {
        if let Some(status) = child.try_wait()? {
            bail!("the server ended before it was ready ({status})");
        }
        thread::sleep(LOOK_EVERY);
    }
    let written = fs::read(ready_file).with_context(|| format!("read {}", ready_file.display()))?;
    serde_json::from_slice(&written)
        .with_context(|| format!("{} does not name the addresses", ready_file.display()))
}
