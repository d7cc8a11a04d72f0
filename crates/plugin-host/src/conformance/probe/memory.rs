//! What the process costs.

use crate::conformance::outcome::{Outcome, must, skipped};
use std::time::Duration;

/// Batches that are looked at.
const BATCHES: usize = 5;

/// Bytes that the C library's allocator has given out; `None` where it does not tell.
#[cfg(target_env = "gnu")]
fn in_use() -> Option<usize> {
    #[repr(C)]
    struct Report {
        arena: usize,
        free_chunks: usize,
        fast_chunks: usize,
        mapped_blocks: usize,
        mapped_bytes: usize,
        unused: usize,
        fast_bytes: usize,
        used_bytes: usize,
        free_bytes: usize,
        releasable_bytes: usize,
    }
    unsafe extern "C" {
        fn mallinfo2() -> Report;
    }
    // SAFETY: the function takes nothing and answers ten sizes; glibc has it from version 2.33 on.
    let report = unsafe { mallinfo2() };
    Some(report.used_bytes + report.mapped_bytes)
}

/// Bytes that the C library's allocator has given out; `None` where it does not tell.
#[cfg(not(target_env = "gnu"))]
fn in_use() -> Option<usize> {
    None
}

/// Goes on when `round` leaves at most `most_bytes` behind on average; `what` names it. Allocators keep small pieces for
/// later and count them as given out, and buffers double; so the median growth of several batches of rounds counts.
pub(crate) fn leaves_no_memory(
    (rounds, most_bytes): (usize, usize),
    what: &str,
    mut round: impl FnMut() -> Outcome,
) -> Outcome {
    let mut batch = || (0..rounds).try_for_each(|_| round());
    batch()?;
    let mut grown = [0; BATCHES];
    for grown in &mut grown {
        let Some(before) = in_use() else { return skipped("the allocator does not tell what is in use") };
        batch()?;
        *grown = in_use().unwrap_or(before).saturating_sub(before);
    }
    grown.sort_unstable();
    let median = grown[BATCHES / 2];
    must(median <= rounds * most_bytes, || format!("{rounds} {what} left {median} bytes behind"))
}

/// Processor time of the calling thread; `None` where the system does not tell.
pub(crate) fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
