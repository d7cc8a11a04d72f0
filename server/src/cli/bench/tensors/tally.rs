//! What the calls of a load saw.

use crate::cli::bench::latency::Latency;
use crate::cli::bench::verdict::Verdict;
use crate::grpc::code_name;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::Code;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observation {
    /// From when it was due until it ended; `None` where it is not to be measured.
    pub(super) latency: Option<Duration>,
    pub(super) outcome: Outcome,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With outputs.
    Answered,
    /// The server was full.
    Refused,
    /// So many calls were open that it was not made.
    NotSent,
    /// Anything else.
    Failed(Code, String),
}

/// Everything that the calls of a load saw.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) answered: u64,
    pub(super) refused: u64,
    pub(super) not_sent: u64,
    /// How many calls failed with which code, and what the first of each was told.
    pub(super) failed: BTreeMap<&'static str, (u64, String)>,
    pub(super) latency: Latency,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { answered: 0, refused: 0, not_sent: 0, failed: BTreeMap::new(), latency: Latency::new() }
    }

    pub(super) fn take(&mut self, observation: Observation) {
        match observation.outcome {
            Outcome::Answered => {
                self.answered += 1;
                if let Some(latency) = observation.latency {
                    self.latency.record(latency);
                }
            }
            Outcome::Refused => self.refused += 1,
            Outcome::NotSent => self.not_sent += 1,
            Outcome::Failed(code, message) => {
                self.failed.entry(code_name(code)).or_insert((0, message)).0 += 1;
            }
        }
    }

    /// Calls that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failed.values().map(|(count, _)| count).sum()
    }

    /// Calls that were not answered.
    pub(super) fn lost(&self) -> u64 {
        self.refused + self.not_sent + self.failures()
    }
}

impl Observation {
    pub(super) fn tell(&self, verdict: &mut Verdict) {
        match (&self.outcome, self.latency) {
            (Outcome::Answered, Some(latency)) => verdict.came_after(latency),
            (Outcome::Answered, None) => {}
            _ => verdict.lose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_is_not_answered_is_no_latency_and_settles_the_verdict() {
        for outcome in [Outcome::Refused, Outcome::NotSent, Outcome::Failed(Code::Internal, "oh".into())] {
            let observation = Observation { latency: Some(Duration::from_millis(1)), outcome };
            let mut verdict = Verdict::on(Duration::from_millis(50), 1000);
            observation.tell(&mut verdict);
            let mut tally = Tally::new();
            tally.take(observation);
            assert!(verdict.is_certain());
            assert_eq!((tally.lost(), tally.latency.count()), (1, 0));
        }
    }

    #[test]
    fn an_answer_of_the_warm_up_is_counted_and_not_measured() {
        let mut tally = Tally::new();
        tally.take(Observation { latency: None, outcome: Outcome::Answered });
        assert_eq!((tally.answered, tally.latency.count()), (1, 0));
    }
}
