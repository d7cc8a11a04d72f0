//! A case in a process of its own.

use super::outcome::Outcome;
use super::subject::arguments;
use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use undertone_plugin_host::conformance::{Case, Subject};

/// More of what a process prints is forgotten, the oldest first.
const KEPT_BYTES: usize = 64 * 1024;

/// The C library's allocator keeps what was given back for the thread that did so, and counts it as given out; without
/// that, what a plugin leaves behind can be told from what is kept.
const WITHOUT_CACHE: &str = "glibc.malloc.tcache_count=0";

/// A case that ran.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) case: &'static Case,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// What a case may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Of private memory, in bytes.
    pub(super) memory_bytes: u64,
    /// Until it counts as hung.
    pub(super) time: Duration,
}

/// Runs `case` in a new process of `program`, which is this one, within `bounds`.
pub(super) async fn run(
    program: &Path,
    subject: &Subject,
    case: &'static Case,
    bounds: Bounds,
) -> anyhow::Result<Ran> {
    let mut command = Command::new(program);
    command.args(arguments(subject, case.name)).kill_on_drop(true);
    command.arg("--memory-bytes").arg(bounds.memory_bytes.to_string());
    command.env("GLIBC_TUNABLES", WITHOUT_CACHE);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let whole = async { tokio::join!(last_of(output), last_of(errors), child.wait()) };
    let outcome = match tokio::time::timeout(bounds.time, whole).await {
        Ok((printed, complained, status)) => Outcome::of_process(status?, &printed, &complained),
        Err(_) => Outcome::Hung(format!("it had not ended after {} s", bounds.time.as_secs())),
    };
    Ok(Ran { case, outcome, took: started.elapsed() })
}

/// The last bytes of a stream; a stream that breaks off ends there.
async fn last_of(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return kept };
    let mut buffer = [0; 8 * 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        kept.drain(..kept.len().saturating_sub(KEPT_BYTES));
    }
    kept
}
