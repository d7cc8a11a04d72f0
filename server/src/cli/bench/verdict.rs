//! When it is certain that a load does not keep within its bound.

use super::tally::{Answer, Observation, Outcome};
use std::time::Duration;

/// Of so many updates one may come late.
const LATE_ONE_IN: u64 = 100;

/// Watches a load until it cannot keep within its bound any more.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    bound: Duration,
    /// Updates that may come late.
    late_allowed: u64,
    late: u64,
    lost: bool,
}

impl Verdict {
    /// For a load that brings at most `updates`.
    pub(super) fn on(bound: Duration, updates: u64) -> Self {
        Self { bound, late_allowed: updates / LATE_ONE_IN, late: 0, lost: false }
    }

    pub(super) fn take(&mut self, observation: &Observation) {
        match observation {
            Observation::Answer(Answer { is_final: false, latency: Some(latency), .. }) => {
                self.came_after(*latency);
            }
            Observation::Over(Outcome::Ended { updates_dropped: 0, .. }) | Observation::Answer(_) => {}
            Observation::Over(_) => self.lose(),
        }
    }

    /// An answer came after `latency`.
    pub(super) fn came_after(&mut self, latency: Duration) {
        self.late += u64::from(latency >= self.bound);
    }

    /// Something was refused or lost.
    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether nothing that comes can mend it.
    pub(super) fn is_certain(&self) -> bool {
        self.lost || self.late > self.late_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_core::TimeParts;

    fn update(millis: u64) -> Observation {
        let latency = Some(Duration::from_millis(millis));
        Observation::Answer(Answer { is_final: false, latency, parts: TimeParts::default() })
    }

    #[test]
    fn it_is_certain_once_more_updates_are_late_than_one_in_a_hundred_of_all_that_can_come() {
        let mut verdict = Verdict::on(Duration::from_millis(50), 200);
        for millis in [10, 50, 900] {
            verdict.take(&update(millis));
        }
        assert!(!verdict.is_certain(), "two late ones of 200 are allowed");
        verdict.take(&update(51));
        assert!(verdict.is_certain());
    }

    #[test]
    fn a_refused_stream_or_a_dropped_update_is_enough() {
        for outcome in [Outcome::Refused("full".into()), Outcome::Ended { samples: 1, updates_dropped: 1 }] {
            let mut verdict = Verdict::on(Duration::from_millis(50), 200);
            verdict.take(&Observation::Over(Outcome::Ended { samples: 1, updates_dropped: 0 }));
            assert!(!verdict.is_certain());
            verdict.take(&Observation::Over(outcome));
            assert!(verdict.is_certain());
        }
    }
}
