//! How much of a worker's time its live streams take, and whether one more has room.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A share is measured over at least so long.
const WINDOW: Duration = Duration::from_millis(500);
/// A worker that has told nothing for so long has nothing to do.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(2);
/// What the newest window counts for in the cost of audio: the last few seconds decide, since people pause. Time and audio
/// are averaged apart, so that a window in which little was heard and much was answered counts by the little.
const NEWEST: f64 = 0.2;

/// What a worker tells of its load a few times per second, and what has been opened since. Read when a stream is opened.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    told: Mutex<Told>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Told {
    latest: Option<Load>,
    /// Streams opened in the window before that telling, and since: their audio is not in it, or not all of it.
    opened: [usize; 2],
}

/// What a window showed, or the last windows on average.
#[derive(Debug, Clone, Copy)]
struct Load {
    /// Seconds that live streams took of a window.
    live: f64,
    /// Seconds of live audio in it.
    heard: f64,
    /// Seconds of live audio per second, in the last window.
    audio: f64,
    /// Whether live streams had to wait.
    late: bool,
    at: Instant,
}

impl Capacity {
    /// The share of the worker's time that its live streams would take with one more. Where they have to wait for each
    /// other there is no room, whatever they take.
    pub(crate) fn share_with_one_more(&self, now: Instant) -> f64 {
        let told = *self.told();
        match fresh(told.latest, now) {
            Some(Load { late: true, .. }) => f64::INFINITY,
            Some(load) => {
                let newcomers: usize = told.opened.iter().sum();
                load.live / load.heard * (load.audio + newcomers as f64 + 1.0)
            }
            None => 0.0,
        }
    }

    /// A stream was opened.
    pub(crate) fn count_opening(&self) {
        self.told().opened[1] += 1;
    }

    fn tell(&self, measured: Load) {
        let mut told = self.told();
        let before = fresh(told.latest, measured.at).unwrap_or(measured);
        let [live, heard] = [(before.live, measured.live), (before.heard, measured.heard)]
            .map(|(before, now)| before + NEWEST * (now - before));
        told.latest = Some(Load { live, heard, ..measured });
        told.opened = [told.opened[1], 0];
    }

    /// A window has passed in which no live audio was heard: who was opened before it is no newcomer any more.
    fn tell_silence(&self) {
        let mut told = self.told();
        told.opened = [told.opened[1], 0];
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fresh(load: Option<Load>, now: Instant) -> Option<Load> {
    load.filter(|load| now.saturating_duration_since(load.at) < STALE_AFTER)
}

/// What a worker did in one turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TurnCost {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// The share of the turn that went to live streams.
    pub(crate) live: f64,
    /// What was heard from them.
    pub(crate) audio: Duration,
    /// How long audio of one of them had waited for others, at most.
    pub(crate) waited: Duration,
}

/// The worker's side: adds up what live streams cost.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Live streams that wait for longer on average are late.
    bearable: Duration,
    window: Window,
}

/// Sums over turns.
#[derive(Debug)]
struct Window {
    since: Instant,
    until: Instant,
    live: Duration,
    audio: Duration,
    waited: Duration,
    turns: u32,
}

impl Window {
    fn new(now: Instant) -> Self {
        let zero = Duration::ZERO;
        Self { since: now, until: now, live: zero, audio: zero, waited: zero, turns: 0 }
    }

    fn length(&self) -> Duration {
        self.until.saturating_duration_since(self.since)
    }
}

impl Ledger {
    /// Of a worker whose live streams may wait for as long as `bearable`, on average over turns.
    pub(crate) fn new(now: Instant, bearable: Duration) -> Self {
        Self { bearable, window: Window::new(now) }
    }

    /// Enters what was done for live streams beside the turns.
    pub(crate) fn enter_beside(&mut self, worked: Duration) {
        self.window.live += worked;
    }

    /// Enters a turn. Once enough time has passed `capacity` is told what live audio takes.
    pub(crate) fn enter(&mut self, turn: TurnCost, capacity: &Capacity) {
        let window = &mut self.window;
        window.live += turn.ended.saturating_duration_since(turn.began).mul_f64(turn.live);
        window.audio += turn.audio;
        window.waited += turn.waited;
        // Others, that only look round, say nothing of how long audio waits.
        window.turns += u32::from(!turn.audio.is_zero() || !turn.waited.is_zero());
        window.until = turn.ended;
        if window.length() < WINDOW {
            return;
        }
        // Without audio there is nothing to be learnt about what it takes.
        if window.audio.is_zero() {
            capacity.tell_silence();
        } else {
            capacity.tell(Load {
                live: window.live.as_secs_f64(),
                heard: window.audio.as_secs_f64(),
                audio: window.audio.as_secs_f64() / window.length().as_secs_f64(),
                late: window.waited / window.turns.max(1) > self.bearable,
                at: window.until,
            });
        }
        self.window = Window::new(self.window.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn ledger(now: Instant) -> Ledger {
        Ledger::new(now, 10 * MILLI)
    }

    /// A turn of 40 ms, 30 of them for a tenth of a second of ten live streams each.
    fn turn(began: Instant) -> TurnCost {
        TurnCost { began, ended: began + 40 * MILLI, live: 0.75, audio: 1000 * MILLI, waited: Duration::ZERO }
    }

    /// Ten turns in a second, with a change; gives the end of that second.
    fn work(capacity: &Capacity, begin: Instant, change: impl Fn(TurnCost) -> TurnCost) -> Instant {
        let mut ledger = ledger(begin);
        for number in 0..10 {
            ledger.enter(change(turn(begin + 100 * number * MILLI)), capacity);
        }
        begin + 1000 * MILLI
    }

    #[test]
    fn a_share_grows_with_the_streams_and_is_forgotten_when_nothing_is_told() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        assert_eq!(capacity.share_with_one_more(begin), 0.0, "nothing is known yet");
        let now = work(&capacity, begin, |turn| turn);
        let eleven = capacity.share_with_one_more(now);
        assert!((eleven - 0.33).abs() < 0.05, "{eleven}");
        (0..11).for_each(|_| capacity.count_opening());
        let twice = capacity.share_with_one_more(now);
        assert!((twice / eleven - 2.0).abs() < 0.1, "{twice} is twice {eleven}: openings count at once");
        assert_eq!(capacity.share_with_one_more(now + STALE_AFTER), 0.0);
    }

    #[test]
    fn recordings_that_come_faster_than_they_were_spoken_take_no_share() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| TurnCost { live: 0.0, audio: Duration::ZERO, ..turn });
        assert_eq!(capacity.share_with_one_more(now), 0.0);
    }

    #[test]
    fn streams_that_were_opened_long_ago_and_said_nothing_are_no_newcomers() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        (0..1000).for_each(|_| capacity.count_opening());
        let silence = |turn| TurnCost { live: 0.0, audio: Duration::ZERO, ..turn };
        let later = work(&capacity, work(&capacity, begin, silence), silence);
        let now = work(&capacity, later, |turn| turn);
        assert!(capacity.share_with_one_more(now) < 0.5, "{}", capacity.share_with_one_more(now));
    }

    #[test]
    fn a_short_silence_changes_the_cost_of_audio_little() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| turn);
        let before = capacity.share_with_one_more(now);
        // As much audio in half a second, and nobody says a word in it.
        let silence = TurnCost { ended: now + 500 * MILLI, live: 0.0, audio: 5000 * MILLI, ..turn(now) };
        ledger(now).enter(silence, &capacity);
        let after = capacity.share_with_one_more(now + 500 * MILLI);
        assert!((after / before - 0.8).abs() < 0.1, "{before}, then {after}");
    }

    #[test]
    fn answers_to_many_streams_that_ended_together_make_no_audio_dear() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| turn);
        let before = capacity.share_with_one_more(now);
        // Half a second for answers, in which one stream is heard.
        let answers = TurnCost { ended: now + 500 * MILLI, live: 1.0, audio: 500 * MILLI, ..turn(now) };
        ledger(now).enter(answers, &capacity);
        // As many streams as before, whose audio is in no window yet.
        (0..9).for_each(|_| capacity.count_opening());
        let after = capacity.share_with_one_more(now + 500 * MILLI);
        assert!(after < before * 2.5, "{before}, then {after}");
    }

    #[test]
    fn there_is_no_room_where_live_streams_have_to_wait() {
        let (capacity, begin) = (Capacity::default(), Instant::now());
        let now = work(&capacity, begin, |turn| TurnCost { waited: 20 * MILLI, ..turn });
        assert_eq!(capacity.share_with_one_more(now), f64::INFINITY);
        let later = work(&capacity, now, |turn| turn);
        assert!(capacity.share_with_one_more(later) < 0.5, "until they do no more");
    }
}
