//! Which plugins run in processes of their own, and within what bounds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where the code of a plugin runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// In the server.
    #[default]
    InProcess,
    /// In processes of its own.
    Process,
}

impl FromStr for Isolation {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "in_process" => Ok(Self::InProcess),
            "process" => Ok(Self::Process),
            _ => Err("give \"in_process\" or \"process\""),
        }
    }
}

/// Which plugins run in processes of their own, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolationConfig {
    /// What holds for a model that has no exception.
    pub default: Isolation,
    /// By the name of a model or of a plugin; that of a model wins.
    pub exceptions: BTreeMap<String, Isolation>,
    /// The processes.
    pub process: ProcessConfig,
}

/// The bounds of the processes that plugins run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessConfig {
    /// The program `undertone-plugin-host`.
    pub program: PathBuf,
    /// A process that has not loaded its plugin within this time is given up.
    pub start_within: Duration,
    /// How long a worker waits for a process that is being started for one of its streams, before it gives that stream up.
    pub wait_for_start: Duration,
    /// A process that has not answered a call within this time hangs, and is given up.
    pub answer_within: Duration,
    /// How far a process stands back at least where others want the same core, as `nice` has it; 0 to 19.
    pub nice: u8,
    /// Whether a process that this system cannot lock in as it should be is given up.
    pub require_confinement: bool,
    /// Private memory that a process may have, in bytes.
    pub memory_bytes: u64,
    /// Memory that a process and the server share, in bytes; at least one utterance of the greatest length has room.
    pub shared_bytes: usize,
    /// Streams that have their extractor in the same process at most; they are lost together. At least 1.
    pub streams: usize,
    /// Waits before a lost process is replaced.
    pub backoff: BackoffConfig,
    /// When a model whose processes are lost again and again takes no more new streams.
    pub breaker: BreakerConfig,
    /// Files and folders that a process may read besides its bundle, its library and those of the system.
    pub readable: Vec<PathBuf>,
}

/// Waits before a lost process is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffConfig {
    /// The first wait; it doubles with every loss that no answer lies between.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// When the breaker of a model opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    /// So many losses ...
    pub losses: usize,
    /// ... within this time open it.
    pub within: Duration,
    /// So long it stays open; then a process is tried again.
    pub open_for: Duration,
}

impl IsolationConfig {
    /// Where the plugin `plugin` of a model runs.
    pub fn of(&self, model: &str, plugin: &str) -> Isolation {
        let exception = self.exceptions.get(model).or_else(|| self.exceptions.get(plugin));
        exception.copied().unwrap_or(self.default)
    }

    /// Whether anything may run in a process of its own.
    pub fn is_used(&self) -> bool {
        self.default == Isolation::Process || self.exceptions.values().any(|&of| of == Isolation::Process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_model_wins_over_that_of_its_plugin_and_both_over_the_default() {
        let exceptions = [("cnn", Isolation::InProcess), ("onnx", Isolation::Process)];
        let config = IsolationConfig {
            default: Isolation::InProcess,
            exceptions: exceptions.map(|(name, of)| (name.to_owned(), of)).into(),
            process: ProcessConfig {
                program: PathBuf::new(),
                start_within: Duration::ZERO,
                wait_for_start: Duration::ZERO,
                answer_within: Duration::ZERO,
                nice: 0,
                require_confinement: false,
                memory_bytes: 0,
                shared_bytes: 0,
                streams: 1,
                backoff: BackoffConfig { first: Duration::ZERO, longest: Duration::ZERO },
                breaker: BreakerConfig { losses: 1, within: Duration::ZERO, open_for: Duration::ZERO },
                readable: Vec::new(),
            },
        };
        assert_eq!(config.of("cnn", "onnx"), Isolation::InProcess);
        assert_eq!(config.of("lstm", "onnx"), Isolation::Process);
        assert_eq!(config.of("lstm", "other"), Isolation::InProcess);
        assert!(config.is_used());
    }
}
