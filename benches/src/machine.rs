//! The machine that figures were taken on.

use serde::Serialize;
use std::{env, fs, thread};

/// What a reader needs to know about the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Operating system and processor architecture.
    pub platform: String,
    /// The processor's name; `unknown` where the system does not tell.
    pub processor: String,
    /// Threads that can run at once.
    pub cores: usize,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        Self {
            platform: format!("{} {}", env::consts::OS, env::consts::ARCH),
            processor: processor().unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name.to_owned())
}
