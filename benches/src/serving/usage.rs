//! What a process uses, as Linux tells it.

use anyhow::{Context, Result};
use std::fs;

/// `/proc` counts processor time in hundredths of a second on every platform that Rust runs on (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;
/// Places in `/proc/PID/stat` behind the name: time in user mode, time in the kernel.
const TIMES: [usize; 2] = [11, 12];

/// A process that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) process: u32,
}

impl Usage {
    /// Processor time of all of its threads so far, also of those that have ended.
    pub(crate) fn cpu_seconds(self) -> Result<f64> {
        let stat = self.read("stat")?;
        // The name stands in parentheses and may hold anything.
        let (_, fields) = stat.rsplit_once(") ").context("the name ends with a parenthesis")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = TIMES.map(|place| fields.get(place).and_then(|field| field.parse::<f64>().ok()));
        let [Some(user), Some(system)] = ticks else { anyhow::bail!("{stat:?} tells no processor time") };
        Ok((user + system) / TICKS_PER_SECOND)
    }

    /// Memory that it holds now.
    pub(crate) fn resident_bytes(self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kibibytes.context("the process tells no resident memory")? * 1024.0)
    }

    fn read(self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.process);
        fs::read_to_string(&path).with_context(|| format!("read {path}"))
    }
}

/// Processor time of the calling thread, as it was at the last tick.
pub(crate) fn own_thread_seconds() -> Result<f64> {
    let path = "/proc/thread-self/schedstat";
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let nanos: f64 = text.split(' ').next().unwrap_or_default().parse().context("the first number")?;
    Ok(nanos / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_uses_time_and_memory() {
        let own = Usage { process: std::process::id() };
        let before = (own.cpu_seconds().unwrap(), own_thread_seconds().unwrap());
        let mut sum = 0_u64;
        while own.cpu_seconds().unwrap() < before.0 + 0.05 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(own_thread_seconds().unwrap() > before.1);
        assert!(own.resident_bytes().unwrap() > 100_000.0);
    }
}
