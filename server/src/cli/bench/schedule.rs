//! When each piece of a stream's audio is there to be sent. Knows no clock: times are counted from the load's beginning.

use std::time::Duration;

/// When a stream's pieces of audio are there. Nothing that happens to the stream moves it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    /// When the stream begins to be spoken.
    pub(super) start: Duration,
    /// From one piece to the next; zero where everything is there at once.
    pub(super) piece_every: Duration,
    /// Samples of a piece; at least 1.
    pub(super) piece_samples: u64,
    /// Pieces of the stream.
    pub(super) pieces: u64,
}

/// What a stream has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Send piece `index`, which was there for so long.
    Now { index: u64, late: Duration },
    /// Nothing until then.
    At(Duration),
    /// All was sent.
    Over,
}

/// How far a stream has come in its schedule.
#[derive(Debug)]
pub(super) struct Cursor {
    schedule: Schedule,
    sent: u64,
}

impl Schedule {
    /// When piece `index` has been spoken to its end.
    pub(super) fn due(&self, index: u64) -> Duration {
        let nanos = u64::try_from(self.piece_every.as_nanos()).unwrap_or(u64::MAX);
        self.start.saturating_add(Duration::from_nanos(nanos.saturating_mul(index + 1)))
    }

    /// When the last of the first `samples` samples is there.
    pub(super) fn arrival(&self, samples: u64) -> Duration {
        let index = samples.saturating_sub(1) / self.piece_samples;
        self.due(index.min(self.pieces.saturating_sub(1)))
    }

    /// When the last piece is there.
    pub(super) fn end(&self) -> Duration {
        self.due(self.pieces.saturating_sub(1))
    }
}

impl Cursor {
    pub(super) fn new(schedule: Schedule) -> Self {
        Self { schedule, sent: 0 }
    }

    /// What is to be done `now`. A piece that is due is handed out once.
    pub(super) fn next(&mut self, now: Duration) -> Due {
        if self.sent == self.schedule.pieces {
            return Due::Over;
        }
        let due = self.schedule.due(self.sent);
        if due > now {
            return Due::At(due);
        }
        let index = self.sent;
        self.sent += 1;
        // Without a clock nothing can be late.
        let late = if self.schedule.piece_every.is_zero() { Duration::ZERO } else { now - due };
        Due::Now { index, late }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule {
            start: Duration::from_millis(40),
            piece_every: Duration::from_millis(100),
            piece_samples: 1600,
            pieces: 5,
        }
    }

    #[test]
    fn a_piece_is_sent_when_it_has_been_spoken_whether_or_not_answers_came() {
        let mut cursor = Cursor::new(schedule());
        let mut clock = Duration::ZERO;
        for index in 0..5 {
            let at = Duration::from_millis(140 + 100 * index);
            assert_eq!(cursor.next(clock), Due::At(at));
            clock = at;
            assert_eq!(cursor.next(clock), Due::Now { index, late: Duration::ZERO });
        }
        assert_eq!(cursor.next(clock), Due::Over);
    }

    #[test]
    fn a_stream_that_was_held_up_catches_up_and_its_schedule_stays() {
        let mut cursor = Cursor::new(schedule());
        let held_up_until = Duration::from_millis(370);
        let late = |index| held_up_until - schedule().due(index);
        for index in 0..3 {
            assert_eq!(cursor.next(held_up_until), Due::Now { index, late: late(index) });
        }
        assert_eq!(late(0), Duration::from_millis(230));
        assert_eq!(cursor.next(held_up_until), Due::At(Duration::from_millis(440)));
    }

    #[test]
    fn without_a_clock_everything_is_there_at_once_and_nothing_is_late() {
        let mut cursor = Cursor::new(Schedule { piece_every: Duration::ZERO, ..schedule() });
        for index in 0..5 {
            assert_eq!(cursor.next(Duration::from_secs(9)), Due::Now { index, late: Duration::ZERO });
        }
        assert_eq!(cursor.next(Duration::from_secs(9)), Due::Over);
    }

    #[test]
    fn a_sample_arrives_with_its_piece() {
        let schedule = schedule();
        for (samples, piece) in [(0, 0), (1, 0), (1600, 0), (1601, 1), (8000, 4), (9000, 4)] {
            assert_eq!(schedule.arrival(samples), schedule.due(piece), "{samples}");
        }
        assert_eq!(schedule.end(), Duration::from_millis(540));
    }
}
