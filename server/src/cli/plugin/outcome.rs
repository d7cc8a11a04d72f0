//! How a case ended that ran in a process of its own.

use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use undertone_plugin_host::conformance::Verdict;

/// Begins the line that holds the verdict; a plugin may print lines of its own.
const MARK: &str = "undertone-verdict ";
const SIGABRT: i32 = 6;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The rule holds.
    Passed,
    /// It does not, and where.
    Failed(String),
    /// It was not looked at, and why.
    Skipped(String),
    /// It does not, and need not: how.
    Noted(String),
    /// The process was ended by a signal.
    Crashed(String),
    /// The process gave itself up.
    Aborted(String),
    /// Nothing came in time.
    Hung(String),
}

impl Outcome {
    /// Its word in tables and JSON.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
            Self::Noted(_) => "noted",
            Self::Crashed(_) => "crashed",
            Self::Aborted(_) => "aborted",
            Self::Hung(_) => "hung",
        }
    }

    /// What there is to say beside the word.
    pub(super) fn detail(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(detail)
            | Self::Skipped(detail)
            | Self::Noted(detail)
            | Self::Crashed(detail)
            | Self::Aborted(detail)
            | Self::Hung(detail) => Some(detail),
        }
    }

    /// Whether the plugin does not keep the contract.
    pub(super) const fn is_bad(&self) -> bool {
        !matches!(self, Self::Passed | Self::Skipped(_) | Self::Noted(_))
    }

    /// From what a process left behind: how it ended, and the last that it printed to output and errors.
    pub(super) fn of_process(status: ExitStatus, printed: &[u8], complained: &[u8]) -> Self {
        let complaint = last_line(complained);
        match status.signal() {
            Some(SIGABRT) => return Self::Aborted(format!("the process aborted{complaint}")),
            Some(signal) => {
                return Self::Crashed(format!("{} ended the process{complaint}", name_of(signal)));
            }
            None => {}
        }
        let printed = String::from_utf8_lossy(printed);
        let verdict = printed.lines().rev().find_map(|line| line.strip_prefix(MARK));
        match verdict.and_then(heard) {
            Some(outcome) if status.success() => outcome,
            _ => Self::Aborted(format!("the process ended with {status} before the case did{complaint}")),
        }
    }
}

/// A verdict as a line.
pub(super) fn spoken(verdict: &Verdict) -> String {
    let value = match verdict {
        Verdict::Passed => json!({ "passed": true }),
        Verdict::Failed(what) => json!({ "failed": what }),
        Verdict::Skipped(why) => json!({ "skipped": why }),
        Verdict::Noted(what) => json!({ "noted": what }),
    };
    format!("{MARK}{value}")
}

fn heard(line: &str) -> Option<Outcome> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let passed = (value["passed"] == true).then_some(Outcome::Passed);
    passed
        .or_else(|| text("failed").map(Outcome::Failed))
        .or_else(|| text("skipped").map(Outcome::Skipped))
        .or_else(|| text("noted").map(Outcome::Noted))
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.map(|line| format!("; it last said: {line}")).unwrap_or_default()
}

/// The signals with which processors and kernels answer (signal(7)).
fn name_of(signal: i32) -> String {
    match signal {
        4 => "SIGILL (illegal instruction)".into(),
        7 => "SIGBUS (bus error)".into(),
        8 => "SIGFPE (arithmetic fault)".into(),
        9 => "SIGKILL (killed, perhaps for want of memory)".into(),
        11 => "SIGSEGV (memory fault)".into(),
        other => format!("signal {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(raw: i32, printed: &str) -> Outcome {
        Outcome::of_process(ExitStatus::from_raw(raw), printed.as_bytes(), b"free(): invalid pointer\n")
    }

    #[test]
    fn a_verdict_is_found_between_a_plugins_own_lines() {
        let failed = spoken(&Verdict::Failed("so\nso".into()));
        assert_eq!(ended(0, &format!("hello\n{failed}\nbye\n")), Outcome::Failed("so\nso".into()));
        assert_eq!(ended(0, &spoken(&Verdict::Passed)), Outcome::Passed);
    }

    #[test]
    fn a_signal_counts_even_behind_a_verdict() {
        let passed = spoken(&Verdict::Passed);
        assert_eq!(ended(11, &passed).word(), "crashed");
        assert_eq!(ended(6, &passed).word(), "aborted");
        assert!(ended(6, &passed).detail().is_some_and(|detail| detail.contains("invalid pointer")));
    }

    #[test]
    fn a_process_that_ends_without_a_verdict_is_no_success() {
        assert_eq!(ended(0, "hello\n").word(), "aborted");
        assert_eq!(ended(3 << 8, "").word(), "aborted");
    }
}
