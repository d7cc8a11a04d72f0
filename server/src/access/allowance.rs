//! How much a key may use.

use super::Refusal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use undertone_core::PIPELINE_RATE;

/// How much a key may use; `None` where only the server's own limits count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Streams at a time.
    pub(crate) max_streams: Option<u32>,
    /// Seconds of audio per minute. After a pause a whole minute's worth may come at once.
    pub(crate) audio_seconds_per_minute: Option<u32>,
}

/// What a key has used of its quota. Audio is a leaky bucket: what is heard is paid afterwards, and while more is owed than
/// was earned, nothing new begins.
#[derive(Debug)]
pub(crate) struct Allowance(Mutex<Account>);

#[derive(Debug)]
struct Account {
    quota: Quota,
    streams: u32,
    /// Seconds of audio that may still be heard; negative: owed.
    seconds: f64,
    settled: Instant,
}

impl Allowance {
    pub(crate) fn new(quota: Quota, now: Instant) -> Self {
        let seconds = quota.audio_seconds_per_minute.map_or(0.0, f64::from);
        Self(Mutex::new(Account { quota, streams: 0, seconds, settled: now }))
    }

    /// Begins a stream.
    ///
    /// # Errors
    /// When the quota is used up.
    pub(crate) fn enter(self: &Arc<Self>, now: Instant) -> Result<Passage, Refusal> {
        let mut account = self.account();
        account.earn(now);
        if let Some(most) = account.quota.max_streams.filter(|&most| account.streams >= most) {
            return Err(Refusal::TooManyStreams { most });
        }
        account.solvent(0.0)?;
        account.streams += 1;
        Ok(Passage { allowance: Some(Arc::clone(self)), paid_samples: 0 })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn earn(&mut self, now: Instant) {
        let Some(per_minute) = self.quota.audio_seconds_per_minute.map(f64::from) else { return };
        let earned = now.saturating_duration_since(self.settled).as_secs_f64() * per_minute / 60.0;
        self.seconds = (self.seconds + earned).min(per_minute);
        self.settled = now;
    }

    /// Whether less than `credit` seconds are owed.
    fn solvent(&self, credit: f64) -> Result<(), Refusal> {
        let Some(per_minute) = self.quota.audio_seconds_per_minute else { return Ok(()) };
        let owed = -(self.seconds + credit);
        if owed < 0.0 {
            return Ok(());
        }
        // Half a second more, so that there is something to spend.
        let wait = (owed + 0.5) * 60.0 / f64::from(per_minute);
        Err(Refusal::AudioSpent { per_minute, retry_after: Duration::from_secs_f64(wait) })
    }
}

/// One stream's use of its caller's allowance, from its beginning until it is dropped.
#[derive(Debug)]
pub(crate) struct Passage {
    allowance: Option<Arc<Allowance>>,
    paid_samples: u64,
}

impl Passage {
    /// Of a caller without a quota.
    pub(crate) const fn free() -> Self {
        Self { allowance: None, paid_samples: 0 }
    }

    /// What lies before `samples` was paid already, by the stream that this one goes on with.
    pub(crate) fn going_on(mut self, samples: u64) -> Self {
        self.paid_samples = samples;
        self
    }

    /// Pays for the audio up to `samples` from the stream's start, at the pipeline's rate.
    ///
    /// # Errors
    /// When more than a minute's worth is owed: then the stream has to end.
    pub(crate) fn pay(&mut self, samples: u64, now: Instant) -> Result<(), Refusal> {
        let Some(allowance) = &self.allowance else { return Ok(()) };
        let new = samples.saturating_sub(self.paid_samples);
        self.paid_samples += new;
        let mut account = allowance.account();
        account.earn(now);
        let Some(per_minute) = account.quota.audio_seconds_per_minute else { return Ok(()) };
        account.seconds -= new as f64 / f64::from(PIPELINE_RATE.hz());
        account.solvent(f64::from(per_minute))
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some(allowance) = &self.allowance {
            allowance.account().streams -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 16_000;

    fn allowance(max_streams: Option<u32>, audio: Option<u32>, now: Instant) -> Arc<Allowance> {
        Arc::new(Allowance::new(Quota { max_streams, audio_seconds_per_minute: audio }, now))
    }

    #[test]
    fn a_stream_that_ends_makes_room_for_the_next() {
        let now = Instant::now();
        let allowance = allowance(Some(2), None, now);
        let first = allowance.enter(now).unwrap();
        let _second = allowance.enter(now).unwrap();
        assert_eq!(allowance.enter(now).unwrap_err(), Refusal::TooManyStreams { most: 2 });
        drop(first);
        assert!(allowance.enter(now).is_ok());
    }

    #[test]
    fn audio_is_paid_afterwards_and_nothing_begins_while_some_is_owed() {
        let start = Instant::now();
        let allowance = allowance(None, Some(60), start);
        let mut passage = allowance.enter(start).unwrap();
        passage.pay(90 * SECOND, start).unwrap();
        let refusal = allowance.enter(start).unwrap_err();
        assert_eq!(refusal.retry_after(), Some(Duration::from_millis(30_500)));
        assert!(allowance.enter(start + Duration::from_secs(29)).is_err());
        assert!(allowance.enter(start + Duration::from_secs(31)).is_ok());
    }

    #[test]
    fn a_stream_that_owes_a_minutes_worth_has_to_end() {
        let start = Instant::now();
        let allowance = allowance(None, Some(60), start);
        let mut passage = allowance.enter(start).unwrap();
        assert!(passage.pay(119 * SECOND, start).is_ok());
        assert!(passage.pay(121 * SECOND, start).is_err());
    }

    #[test]
    fn live_speech_at_the_allowed_pace_never_ends() {
        let start = Instant::now();
        let allowance = allowance(None, Some(60), start);
        let mut passage = allowance.enter(start).unwrap();
        for second in 1..10_000 {
            passage.pay(second * SECOND, start + Duration::from_secs(second)).unwrap();
        }
    }

    #[test]
    fn no_more_than_a_minutes_worth_is_saved_up() {
        let start = Instant::now();
        let allowance = allowance(None, Some(60), start);
        let later = start + Duration::from_secs(3600);
        let mut passage = allowance.enter(later).unwrap();
        passage.pay(61 * SECOND, later).unwrap();
        assert!(allowance.enter(later).is_err());
    }

    #[test]
    fn audio_that_was_paid_before_a_stream_was_taken_up_again_is_not_paid_twice() {
        let now = Instant::now();
        let allowance = allowance(None, Some(60), now);
        let mut passage = allowance.enter(now).unwrap().going_on(1000 * SECOND);
        passage.pay(1001 * SECOND, now).unwrap();
        assert!(allowance.enter(now).is_ok());
    }
}
