//! When to try again.

use crate::error::ServerError;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// How often a call is made again when the server cannot be reached or has no room.
///
/// The delay doubles from try to try; where the server names one (`RetryInfo`), that one is kept to. Delays are shortened
/// at random by up to a half, and those that the server named lengthened by up to a quarter, so that many clients do not
/// come at once. A stream that has begun is taken up again for as long as the server keeps the right to it
/// (`StreamLimits.resume_within`), however many attempts that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Calls at most, the first one included; 1 never tries again.
    pub attempts: u32,
    /// Before the second call.
    pub first_delay: Duration,
    /// Between two calls at most, unless the server names a longer delay.
    pub longest_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        let (first_delay, longest_delay) = (Duration::from_millis(100), Duration::from_secs(5));
        Self { attempts: 5, first_delay, longest_delay }
    }
}

impl Retry {
    /// No second call.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// The wait after `tries` calls that failed; `error` is how the last one did.
    pub(crate) fn delay(&self, tries: u32, error: Option<&ServerError>) -> Duration {
        self.delay_by(tries, error.and_then(ServerError::retry_after), chance())
    }

    /// The same for a delay that the server `named`, and a `chance` from 0 to 1.
    fn delay_by(&self, tries: u32, named: Option<Duration>, chance: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(tries.saturating_sub(1).min(31));
        let doubled = self.first_delay.saturating_mul(doublings).min(self.longest_delay);
        let own = doubled.mul_f64(0.5 + chance / 2.0);
        let Some(named) = named else { return own };
        // The server may name no delay at all; it is not asked over and over for that.
        let floor = if tries > 1 { own } else { Duration::ZERO };
        named.mul_f64(1.0 + chance / 4.0).max(floor)
    }
}

/// From 0 to 1, by the keys that the standard library draws for its maps.
fn chance() -> f64 {
    let drawn = RandomState::new().hash_one(0_u8);
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let retry = Retry::default();
        let delays: Vec<_> = [1, 2, 3, 9, u32::MAX].map(|tries| retry.delay_by(tries, None, 1.0)).to_vec();
        assert_eq!(delays, [ms(100), ms(200), ms(400), ms(5000), ms(5000)]);
        assert_eq!(retry.delay_by(1, None, 0.0), ms(50));
    }

    #[test]
    fn a_delay_that_the_server_names_is_never_shortened() {
        let retry = Retry::default();
        assert_eq!(retry.delay_by(1, Some(ms(800)), 0.0), ms(800));
        assert_eq!(retry.delay_by(1, Some(ms(800)), 1.0), ms(1000));
        assert_eq!(retry.delay_by(1, Some(ms(0)), 1.0), ms(0));
        assert_eq!(retry.delay_by(3, Some(ms(0)), 1.0), ms(400));
    }

    #[test]
    fn chances_lie_between_nothing_and_one() {
        let drawn: Vec<f64> = (0..100).map(|_| chance()).collect();
        assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)));
        assert!(drawn.iter().any(|chance| *chance != drawn[0]));
    }
}
