//! How much of a worker's time its live streams take, and whether one more has room.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// A share is measured over at least so long.
const WINDOW: Duration = Duration::from_millis(500);
/// A worker that has told nothing for so long has nothing to do.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// What a worker tells of its load. Written a few times per second, read when a stream is opened.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    told: Mutex<Option<Told>>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    share: f64,
    streams: usize,
    at: Instant,
}

impl Capacity {
    /// The share of the worker's time that its live streams would take if it had `streams`, of the same kind as those it
    /// was measured with.
    pub(crate) fn share_with(&self, streams: usize, now: Instant) -> f64 {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Some(told) if now.saturating_duration_since(told.at) < STALE_AFTER => {
                told.share * streams as f64 / told.streams.max(1) as f64
            }
            _ => 0.0,
        }
    }

    fn tell(&self, share: f64, streams: usize, at: Instant) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(Told { share, streams, at });
    }
}

/// The worker's side: adds up what live streams cost.
#[derive(Debug)]
pub(crate) struct Ledger {
    since: Instant,
    live: Duration,
}

impl Ledger {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, live: Duration::ZERO }
    }

    /// A turn took from `began` to `now`; of `inputs` that it worked on, `live` came from live streams. Tells `capacity`
    /// what share they take once enough time has passed.
    pub(crate) fn enter(
        &mut self,
        [began, now]: [Instant; 2],
        [live, inputs]: [usize; 2],
        (capacity, streams): (&Capacity, usize),
    ) {
        if inputs > 0 {
            self.live += now.saturating_duration_since(began).mul_f64(live as f64 / inputs as f64);
        }
        let window = now.saturating_duration_since(self.since);
        if window >= WINDOW {
            capacity.tell(self.live.as_secs_f64() / window.as_secs_f64(), streams, now);
            *self = Self::new(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_share_grows_with_the_streams_and_is_forgotten_when_nothing_is_told() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        assert_eq!(capacity.share_with(100, begin), 0.0, "nothing is known yet");
        let mut ledger = Ledger::new(begin);
        for turn in 0..10 {
            let began = begin + 100 * turn * MILLI;
            ledger.enter([began, began + 40 * MILLI], [3, 4], (&capacity, 10));
        }
        // 30 of every 100 ms are spent on live streams, until the last turn told.
        let now = begin + 1000 * MILLI;
        assert!((capacity.share_with(10, now) - 0.3).abs() < 0.05, "{}", capacity.share_with(10, now));
        assert!((capacity.share_with(20, now) / capacity.share_with(10, now) - 2.0).abs() < 1e-9);
        assert_eq!(capacity.share_with(20, now + STALE_AFTER), 0.0);
    }

    #[test]
    fn recordings_that_come_faster_than_they_were_spoken_take_no_share() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let mut ledger = Ledger::new(begin);
        ledger.enter([begin, begin + 600 * MILLI], [0, 8], (&capacity, 8));
        assert_eq!(capacity.share_with(8, begin + 600 * MILLI), 0.0);
    }
}
