//! What a thread has worked.

use std::time::Duration;

/// The time that a processor has worked on this thread.
#[cfg(target_os = "linux")]
pub(crate) fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}

/// Elsewhere the time that has passed since it was first asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_time() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}
