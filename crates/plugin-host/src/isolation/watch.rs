//! The memory of processes, as the system tells it.

use std::sync::atomic::{AtomicU64, Ordering};

const KIB: u64 = 1024;

/// What is known of the memory of a process.
#[derive(Debug)]
pub(crate) struct Watched {
    process: u32,
    /// Private memory that can be written, in bytes: what the limit counts.
    private: AtomicU64,
}

impl Watched {
    pub(crate) fn of(process: u32) -> Self {
        Self { process, private: AtomicU64::new(0) }
    }

    /// Asks the system; the bytes that lie in memory. 0 for a process that is gone.
    pub(crate) fn look(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process)).unwrap_or_default();
        if let Some(bytes) = field(&status, "VmData:") {
            self.private.store(bytes, Ordering::Relaxed);
        }
        field(&status, "VmRSS:").unwrap_or(0)
    }

    /// Whether it was close to `limit` when it was looked at last.
    pub(crate) fn was_near(&self, limit: u64) -> bool {
        self.private.load(Ordering::Relaxed) > limit / 10 * 9
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * KIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lives_has_memory_and_one_that_does_not_has_none() {
        let own = Watched::of(std::process::id());
        assert!(own.look() > KIB);
        assert!(own.was_near(KIB) && !own.was_near(u64::MAX / 16));
        assert_eq!(Watched::of(u32::MAX).look(), 0);
    }
}
