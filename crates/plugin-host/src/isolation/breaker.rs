//! When a model whose processes are lost again and again takes no more new streams.

use super::settings::{BackoffConfig, BreakerConfig};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Whether new streams are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// They are.
    Closed,
    /// They are, and the next loss ends that.
    Trial,
    /// They are not, and no process is started.
    Open,
}

impl BreakerState {
    /// Stable name for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Trial => "trial",
            Self::Open => "open",
        }
    }
}

/// Counts the losses of a model's processes.
#[derive(Debug)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    losses: VecDeque<Instant>,
    /// Since then it is not closed; until then it is open.
    opened: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self { config, losses: VecDeque::new(), opened: None }
    }

    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(_) if self.left(now).is_zero() => BreakerState::Trial,
            Some(_) => BreakerState::Open,
        }
    }

    /// How long it stays open.
    pub(crate) fn left(&self, now: Instant) -> Duration {
        self.opened.map_or(Duration::ZERO, |at| (at + self.config.open_for).saturating_duration_since(now))
    }

    /// A process was lost.
    pub(crate) fn lose(&mut self, now: Instant) {
        if self.state(now) == BreakerState::Open {
            return;
        }
        self.losses.push_back(now);
        while self.losses.front().is_some_and(|&at| now.saturating_duration_since(at) > self.config.within) {
            self.losses.pop_front();
        }
        if self.opened.is_some() || self.losses.len() >= self.config.losses {
            self.losses.clear();
            self.opened = Some(now);
        }
    }

    /// A process answered: the trial went well.
    pub(crate) fn answer(&mut self, now: Instant) {
        if self.state(now) == BreakerState::Trial {
            self.opened = None;
        }
    }
}

/// Exponential backoff with jitter: the wait after loss `n` lies between half and all of `first * 2^n`, at most
/// `longest`.
pub(crate) fn wait_after(losses: u32, config: BackoffConfig) -> Duration {
    let wait = config.first.saturating_mul(2_u32.saturating_pow(losses)).min(config.longest);
    let share = RandomState::new().hash_one(losses) as f64 / u64::MAX as f64;
    wait.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn breaker() -> Breaker {
        Breaker::new(BreakerConfig { losses: 3, within: 10 * SECOND, open_for: 5 * SECOND })
    }

    #[test]
    fn it_opens_at_so_many_losses_within_the_time() {
        let (mut breaker, begin) = (breaker(), Instant::now());
        for second in [0, 9, 20, 29] {
            breaker.lose(begin + second * SECOND);
            assert_eq!(breaker.state(begin + second * SECOND), BreakerState::Closed, "{second}");
        }
        breaker.lose(begin + 30 * SECOND);
        assert_eq!(breaker.state(begin + 30 * SECOND), BreakerState::Open);
        assert_eq!(breaker.left(begin + 31 * SECOND), 4 * SECOND);
    }

    #[test]
    fn after_a_while_one_answer_closes_it_and_one_loss_opens_it_again() {
        let begin = Instant::now();
        for goes_well in [true, false] {
            let mut breaker = breaker();
            (0..3).for_each(|_| breaker.lose(begin));
            breaker.answer(begin + SECOND);
            assert_eq!(breaker.state(begin + SECOND), BreakerState::Open, "an older process answered");
            let later = begin + 5 * SECOND;
            assert_eq!(breaker.state(later), BreakerState::Trial);
            if goes_well {
                breaker.answer(later);
            } else {
                breaker.lose(later);
            }
            let expected = if goes_well { BreakerState::Closed } else { BreakerState::Open };
            assert_eq!(breaker.state(later), expected);
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_vary_by_half_at_most() {
        let config = BackoffConfig { first: Duration::from_millis(100), longest: SECOND };
        for (losses, full) in [(0, 100), (1, 200), (3, 800), (4, 1000), (200, 1000)] {
            let (wait, full) = (wait_after(losses, config), Duration::from_millis(full));
            assert!(wait >= full / 2 && wait <= full, "{wait:?} for {full:?}");
        }
    }
}
