//! Another server as a child process.

use super::graph::SharedGraph;
use crate::serving::on_core;
use anyhow::{Context, Result, bail, ensure};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// Ports that a script takes: for gRPC, and the next ones for whatever else its server insists on.
const PORTS: u16 = 3;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A peer must be ready and gone within so long.
const START_WITHIN: Duration = Duration::from_secs(120);
const END_WITHIN: Duration = Duration::from_secs(10);

/// A server that we compare with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    /// Names script and virtual environment.
    pub(super) name: &'static str,
    /// What its requirements call it.
    pub(super) package: &'static str,
}

/// A peer that runs; dropping it ends it with all processes that it started.
#[derive(Debug)]
pub(super) struct PeerProcess {
    child: Child,
    url: String,
}

impl Peer {
    /// Starts it on `core`, from its virtual environment below `environments`; it takes calls when `is_ready` says so.
    pub(super) fn start(
        self,
        environments: &Path,
        graph: &SharedGraph,
        core: usize,
        is_ready: impl Fn(&str) -> bool,
    ) -> Result<PeerProcess> {
        let port = free_ports()?;
        let script = PathBuf::from(SCRIPTS).join(format!("{}_peer.py", self.name));
        let mut command = on_core(&self.python(environments), Some(core));
        command.arg(script).arg(&graph.path).args([&graph.input, &graph.output]).arg(port.to_string());
        // The numeric libraries must not bring threads of their own.
        command.env("OMP_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its children are ended together with it.
        let child = command.process_group(0).spawn().with_context(|| format!("start {}", self.name))?;
        let mut process = PeerProcess { child, url: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while !is_ready(&process.url) {
            if let Some(status) = process.child.try_wait()? {
                bail!("{} ended before it was ready ({status})", self.name);
            }
            ensure!(begun.elapsed() < START_WITHIN, "{} did not become ready", self.name);
            thread::sleep(LOOK_EVERY);
        }
        Ok(process)
    }

    /// Its version, and that of the ONNX Runtime in it.
    pub(super) fn versions(self, environments: &Path) -> Result<String> {
        let script =
            "import sys, importlib.metadata as m; print(*(m.version(name) for name in sys.argv[1:]))";
        let mut command = Command::new(self.python(environments));
        let output = command.args(["-c", script, self.package, "onnxruntime"]).output()?;
        ensure!(output.status.success(), "{} is not installed in its environment", self.package);
        let text = String::from_utf8(output.stdout)?;
        let (own, runtime) = text.trim().split_once(' ').context("two versions")?;
        Ok(format!("{} {own} with ONNX Runtime {runtime}", self.package))
    }

    fn python(self, environments: &Path) -> PathBuf {
        environments.join(self.name).join("bin").join("python")
    }
}

impl PeerProcess {
    /// Where it takes calls.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        // The group may be gone already, which is all that a failure here can mean.
        let _ = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for PeerProcess {
    fn drop(&mut self) {
        self.signal("TERM");
        let begun = Instant::now();
        while begun.elapsed() < END_WITHIN && !matches!(self.child.try_wait(), Ok(Some(_))) {
            thread::sleep(LOOK_EVERY);
        }
        self.signal("KILL");
        let _ = self.child.wait();
    }
}

/// The first of some ports in a row that nobody listens on.
fn free_ports() -> Result<u16> {
    loop {
        let first = TcpListener::bind("127.0.0.1:0")?;
        let port = first.local_addr()?.port();
        let others = (1..PORTS).map(|offset| port.checked_add(offset));
        let others: Option<Vec<TcpListener>> =
            others.map(|port| TcpListener::bind(("127.0.0.1", port?)).ok()).collect();
        if others.is_some() {
            return Ok(port);
        }
    }
}
