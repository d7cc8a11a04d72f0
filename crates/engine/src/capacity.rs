//! How much of a worker's time its live streams take, and whether one more has room.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// A share is measured over at least so long.
const WINDOW: Duration = Duration::from_millis(500);
/// A worker that has told nothing for so long has nothing to do.
const STALE_AFTER: Duration = Duration::from_secs(2);
/// Windows after which a stream has shown what it takes: most begin with silence.
const UNPROVEN_WINDOWS: usize = 4;
/// What the newest window counts for in the cost of a stream: the last few seconds decide, since people pause.
const NEWEST: f64 = 0.2;

/// What a worker tells of its load. Written a few times per second, read when a stream is opened.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    told: Mutex<Option<Told>>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    /// Share of the worker's time that a stream takes.
    per_stream: f64,
    /// Whether live streams had to wait.
    late: bool,
    at: Instant,
}

impl Capacity {
    /// The share of the worker's time that its live streams would take if it had `streams`, of the same kind as those it
    /// was measured with. Where they have to wait for each other there is no room, whatever they take.
    pub(crate) fn share_with(&self, streams: usize, now: Instant) -> f64 {
        match self.fresh(now) {
            Some(Told { late: true, .. }) => f64::INFINITY,
            Some(told) => told.per_stream * streams as f64,
            None => 0.0,
        }
    }

    fn fresh(&self, now: Instant) -> Option<Told> {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.filter(|told| now.saturating_duration_since(told.at) < STALE_AFTER)
    }

    fn tell(&self, measured: Told) {
        let before = self.fresh(measured.at).map_or(measured.per_stream, |told| told.per_stream);
        let per_stream = before + NEWEST * (measured.per_stream - before);
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(Told { per_stream, ..measured });
    }
}

/// What a worker did in one turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TurnCost {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// Streams that were open.
    pub(crate) streams: usize,
    /// The share of the turn that went to live ones.
    pub(crate) live: f64,
    /// How long audio of a live stream had waited for others, at most.
    pub(crate) waited: Duration,
}

/// The worker's side: adds up what live streams cost.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Live streams that wait for longer on average are late.
    bearable: Duration,
    window: Window,
    /// How many streams were open in the last windows.
    earlier: VecDeque<f64>,
}

/// Sums over turns.
#[derive(Debug)]
struct Window {
    since: Instant,
    until: Instant,
    live: Duration,
    waited: Duration,
    turns: u32,
    streams: usize,
}

impl Window {
    fn new(now: Instant) -> Self {
        Self { since: now, until: now, live: Duration::ZERO, waited: Duration::ZERO, turns: 0, streams: 0 }
    }

    fn length(&self) -> Duration {
        self.until.saturating_duration_since(self.since)
    }

    /// Over the turns: many streams may end within a window.
    fn mean_streams(&self) -> f64 {
        self.streams as f64 / f64::from(self.turns.max(1))
    }
}

impl Ledger {
    /// Of a worker whose live streams may wait for as long as `bearable`, on average over turns.
    pub(crate) fn new(now: Instant, bearable: Duration) -> Self {
        Self { bearable, window: Window::new(now), earlier: VecDeque::with_capacity(UNPROVEN_WINDOWS + 1) }
    }

    /// Enters a turn. Once enough time has passed `capacity` is told what a stream takes.
    pub(crate) fn enter(&mut self, turn: TurnCost, capacity: &Capacity) {
        let window = &mut self.window;
        window.live += turn.ended.saturating_duration_since(turn.began).mul_f64(turn.live);
        window.waited += turn.waited;
        window.turns += 1;
        window.streams += turn.streams;
        window.until = turn.ended;
        if window.length() >= WINDOW {
            capacity.tell(self.told());
            self.window = Window::new(self.window.until);
        }
    }

    /// What the window shows. All that live streams take is put down to those that were there some windows ago: others
    /// have not shown yet what they will take.
    fn told(&mut self) -> Told {
        let window = &self.window;
        let streams = window.mean_streams();
        self.earlier.push_back(streams);
        let proven = match self.earlier.len() > UNPROVEN_WINDOWS {
            true => self.earlier.pop_front().unwrap_or(streams).min(streams),
            false => streams,
        };
        let share = window.live.as_secs_f64() / window.length().as_secs_f64();
        let late = window.waited / window.turns.max(1) > self.bearable;
        Told { per_stream: share / proven.max(1.0), late, at: window.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn ledger(now: Instant) -> Ledger {
        Ledger::new(now, 10 * MILLI)
    }

    /// A turn of 40 ms.
    fn turn(began: Instant, streams: usize) -> TurnCost {
        TurnCost { began, ended: began + 40 * MILLI, streams, live: 0.75, waited: Duration::ZERO }
    }

    /// Ten turns in a second, for ten streams, with a change; gives the end of that second.
    fn work(capacity: &Capacity, begin: Instant, change: impl Fn(TurnCost) -> TurnCost) -> Instant {
        let mut ledger = ledger(begin);
        for number in 0..10 {
            ledger.enter(change(turn(begin + 100 * number * MILLI, 10)), capacity);
        }
        begin + 1000 * MILLI
    }

    #[test]
    fn a_share_grows_with_the_streams_and_is_forgotten_when_nothing_is_told() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        assert_eq!(capacity.share_with(100, begin), 0.0, "nothing is known yet");
        // 30 of every 100 ms are spent on live streams, until the last turn told.
        let now = work(&capacity, begin, |turn| turn);
        assert!((capacity.share_with(10, now) - 0.3).abs() < 0.05, "{}", capacity.share_with(10, now));
        assert!((capacity.share_with(20, now) / capacity.share_with(10, now) - 2.0).abs() < 1e-9);
        assert_eq!(capacity.share_with(20, now + STALE_AFTER), 0.0);
    }

    #[test]
    fn recordings_that_come_faster_than_they_were_spoken_take_no_share() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| TurnCost { live: 0.0, ..turn });
        assert_eq!(capacity.share_with(8, now), 0.0);
    }

    #[test]
    fn a_short_silence_changes_the_cost_of_a_stream_little() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| turn);
        let before = capacity.share_with(10, now);
        let silence = TurnCost { ended: now + 600 * MILLI, live: 0.0, ..turn(now, 10) };
        ledger(now).enter(silence, &capacity);
        assert!((capacity.share_with(10, now + 600 * MILLI) / before - 0.8).abs() < 1e-6);
    }

    #[test]
    fn streams_that_end_leave_no_wrong_cost_behind() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let mut ledger = ledger(begin);
        for (number, streams) in (0..6).zip([100, 80, 60, 40, 20, 0]) {
            ledger.enter(TurnCost { live: 1.0, ..turn(begin + 100 * number * MILLI, streams) }, &capacity);
        }
        let share = capacity.share_with(50, begin + 550 * MILLI);
        assert!((0.3..0.7).contains(&share), "{share}");
    }

    #[test]
    fn streams_that_came_just_now_are_taken_for_no_cheaper_than_the_others() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let mut ledger = ledger(begin);
        // Forty streams take 30 % from the beginning; after three seconds as many come, and are silent still.
        for number in 0..36 {
            let streams = if number < 30 { 40 } else { 80 };
            ledger.enter(turn(begin + 100 * number * MILLI, streams), &capacity);
        }
        let share = capacity.share_with(80, begin + 3600 * MILLI);
        assert!((0.55..0.7).contains(&share), "{share}");
    }

    #[test]
    fn there_is_no_room_where_live_streams_have_to_wait() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| TurnCost { waited: 20 * MILLI, ..turn });
        assert_eq!(capacity.share_with(1, now), f64::INFINITY);
        let later = work(&capacity, now, |turn| turn);
        assert!(capacity.share_with(1, later) < 0.1, "until they do no more");
    }
}
