//! How a process of a plugin was lost.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// How a process of a plugin was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A signal ended it.
    Signal(i32),
    /// It ended by itself.
    Exit(i32),
    /// It asked for more memory than it may have.
    Memory {
        /// The limit.
        limit_bytes: u64,
    },
    /// It did not answer in time, and was ended.
    Hung(Duration),
    /// Nobody waits for it any more.
    Cancelled,
    /// It could not be spoken to.
    Unreachable(String),
}

/// Signals that end a process, with the names under which metrics count them.
const SIGNALS: [(i32, &str, &str); 9] = [
    (libc::SIGSEGV, "SIGSEGV", "segfault"),
    (libc::SIGABRT, "SIGABRT", "abort"),
    (libc::SIGBUS, "SIGBUS", "bus_error"),
    (libc::SIGILL, "SIGILL", "illegal_instruction"),
    (libc::SIGFPE, "SIGFPE", "arithmetic"),
    (libc::SIGSYS, "SIGSYS", "system_call"),
    (libc::SIGTRAP, "SIGTRAP", "trap"),
    (libc::SIGTERM, "SIGTERM", "terminated"),
    (libc::SIGKILL, "SIGKILL", "killed"),
];

impl Loss {
    /// Of a process that ended by itself.
    pub(crate) fn of(status: ExitStatus) -> Self {
        match status.signal() {
            Some(signal) => Self::Signal(signal),
            None => Self::Exit(status.code().unwrap_or_default()),
        }
    }

    /// Stable name for metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Signal(number) => SIGNALS.iter().find(|own| own.0 == *number).map_or("signal", |own| own.2),
            Self::Exit(_) => "exit",
            Self::Memory { .. } => "memory",
            Self::Hung(_) => "hang",
            Self::Cancelled => "cancelled",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(libc::SIGKILL) => {
                f.write_str("it was killed (SIGKILL), perhaps because the machine ran out of memory")
            }
            Self::Signal(number) => match SIGNALS.iter().find(|own| own.0 == *number) {
                Some((_, name, _)) => write!(f, "it was ended by signal {number} ({name})"),
                None => write!(f, "it was ended by signal {number}"),
            },
            Self::Exit(code) => write!(f, "it ended by itself with exit code {code}"),
            Self::Memory { limit_bytes } => {
                write!(f, "it asked for more memory than its limit of {limit_bytes} bytes")
            }
            Self::Hung(within) => {
                write!(f, "it did not answer within {} s and was ended", within.as_secs_f32())
            }
            Self::Cancelled => f.write_str("cancelled"),
            Self::Unreachable(why) => write!(f, "it could not be spoken to: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_names_its_signal_or_code() {
        let of = |raw| Loss::of(ExitStatus::from_raw(raw));
        assert_eq!(of(11).name(), "segfault");
        assert!(of(6).to_string().contains("signal 6 (SIGABRT)"), "{}", of(6));
        assert_eq!(of(3 << 8), Loss::Exit(3));
        assert_eq!(of(64).name(), "signal");
    }
}
