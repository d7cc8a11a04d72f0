//! How fast streams may become more: what they take shows only after a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many streams per worker are taken at once, however few there are.
const AT_ONCE: usize = 64;
/// In this time they may become twice as many.
const DOUBLING: Duration = Duration::from_millis(500);

/// How many streams there were when the current span began.
#[derive(Debug)]
pub(crate) struct Ramp {
    at_once: usize,
    began: Mutex<Option<(Instant, usize)>>,
}

impl Ramp {
    pub(crate) fn new(workers: usize) -> Self {
        Self { at_once: AT_ONCE * workers.max(1), began: Mutex::new(None) }
    }

    /// How long to wait before there may be one more than `streams`; `None` when it may come now.
    pub(crate) fn wait(&self, streams: usize, now: Instant) -> Option<Duration> {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, before) = match *began {
            Some((since, before)) if now.saturating_duration_since(since) < DOUBLING => (since, before),
            _ => *began.insert((now, streams)),
        };
        (streams >= self.at_once.max(2 * before))
            .then(|| DOUBLING.saturating_sub(now.saturating_duration_since(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_double_at_most_in_a_span() {
        let (ramp, begin) = (Ramp::new(1), Instant::now());
        assert_eq!(ramp.wait(0, begin), None);
        assert_eq!(ramp.wait(63, begin), None);
        assert_eq!(ramp.wait(64, begin + DOUBLING / 5), Some(DOUBLING * 4 / 5));
        let next = begin + DOUBLING;
        assert_eq!(ramp.wait(64, next), None);
        assert_eq!(ramp.wait(127, next), None);
        assert_eq!(ramp.wait(128, next), Some(DOUBLING));
        assert_eq!(ramp.wait(128, next + DOUBLING), None);
    }
}
