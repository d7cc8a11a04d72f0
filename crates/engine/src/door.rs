//! When those who were turned away may come again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whoever is turned away alone comes again after this.
const SOONEST: Duration = Duration::from_secs(1);
/// Nobody is told to stay away much longer, however many there are.
const LATEST: Duration = Duration::from_secs(30);
/// To turn somebody away is work, too. When it is done more often than this in a second, all are told to stay away for longer.
const OFTEN: f64 = 50.0;
/// How far back it is counted, with less weight the longer ago it was.
const MEMORY: Duration = Duration::from_secs(5);
/// Those who were turned away together do not come again together: each is told up to this much more.
const SPREAD: f64 = 0.5;
/// Its multiples, without their whole parts, lie evenly in any number (Weyl 1916).
const GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;

/// Turns clients away.
#[derive(Debug, Default)]
pub(crate) struct Door(Mutex<Refusals>);

#[derive(Debug, Default)]
struct Refusals {
    /// When the last one was.
    last: Option<Instant>,
    /// Of the time that is remembered, as much as it still weighs.
    weight: f64,
    all: u64,
}

impl Door {
    /// Turns somebody away; says how long for.
    pub(crate) fn turn_away(&self, now: Instant) -> Duration {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = refusals.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        let kept = (-since.as_secs_f64() / MEMORY.as_secs_f64()).exp();
        refusals.weight = refusals.weight * kept + 1.0;
        refusals.last = Some(now);
        refusals.all += 1;
        let per_second = refusals.weight / MEMORY.as_secs_f64();
        let delay = SOONEST.mul_f64((per_second / OFTEN).max(1.0)).min(LATEST);
        delay.mul_f64(1.0 + SPREAD * (refusals.all as f64 * GOLDEN_RATIO).fract())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns so many away in each of some seconds; the delays of the last one.
    fn turned_away(door: &Door, begin: Instant, per_second: u32, seconds: u32) -> Vec<Duration> {
        let pause = Duration::from_secs(1) / per_second;
        let all = (0..per_second * seconds).map(|number| door.turn_away(begin + pause * number));
        all.collect::<Vec<_>>().split_off((per_second * (seconds - 1)) as usize)
    }

    #[test]
    fn a_few_come_again_soon_and_not_together() {
        let delays = turned_away(&Door::default(), Instant::now(), 10, 10);
        assert!(delays.iter().all(|delay| (SOONEST..SOONEST.mul_f64(1.5)).contains(delay)), "{delays:?}");
        let distinct: std::collections::BTreeSet<_> = delays.iter().collect();
        assert_eq!(distinct.len(), delays.len());
    }

    #[test]
    fn the_more_are_turned_away_the_later_they_come_again_and_never_too_late() {
        let (door, begin) = (Door::default(), Instant::now());
        let many = turned_away(&door, begin, 1000, 20);
        let shortest = *many.iter().min().expect("a thousand");
        assert!(shortest > SOONEST * 15 && shortest < SOONEST * 25, "{shortest:?}");
        let crowd = turned_away(&door, begin + Duration::from_secs(20), 20_000, 20);
        assert!(crowd.iter().all(|&delay| delay <= LATEST.mul_f64(1.5)));
        let later = door.turn_away(begin + Duration::from_secs(100));
        assert!(later < SOONEST.mul_f64(1.5), "it was calm for a minute: {later:?}");
    }
}
