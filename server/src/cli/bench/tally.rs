//! What a load sent and got back.

use super::latency::Latency;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tonic::Code;
use undertone_core::TimeParts;

/// A piece that leaves so long after it was due was held up, by the server's flow control or by a generator without
/// time.
const HELD_UP: Duration = Duration::from_millis(10);

/// What the streams of a load have sent, counted where they send.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pieces: AtomicU64,
    held_up: AtomicU64,
}

impl Sent {
    /// Counts a piece that leaves `late` after it was due.
    pub(super) fn count(&self, late: Duration) {
        self.pieces.fetch_add(1, Ordering::Relaxed);
        self.held_up.fetch_add(u64::from(late > HELD_UP), Ordering::Relaxed);
    }

    pub(super) fn pieces(&self) -> u64 {
        self.pieces.load(Ordering::Relaxed)
    }

    pub(super) fn held_up(&self) -> u64 {
        self.held_up.load(Ordering::Relaxed)
    }
}

/// Something that a stream saw.
#[derive(Debug)]
pub(super) enum Observation {
    /// An interim update or a final result.
    Answer(Answer),
    /// The stream is over.
    Over(Outcome),
}

/// An answer of the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) is_final: bool,
    /// From the arrival of the last sample that it needed until it was received; `None` where it is not to be measured.
    pub(super) latency: Option<Duration>,
    /// Where the server's time went.
    pub(super) parts: TimeParts,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server heard everything.
    Ended {
        /// Samples that it heard.
        samples: u64,
        /// Updates that it made and did not send.
        updates_dropped: u64,
    },
    /// The server was full and said so before it took anything.
    Refused(String),
    /// Anything else.
    Failed(Code, String),
}

/// Everything that the streams of a load saw.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) updates: u64,
    pub(super) finals: u64,
    pub(super) updates_dropped: u64,
    pub(super) samples_heard: u64,
    pub(super) ended: u64,
    pub(super) refused: u64,
    /// How many streams failed with which code, and what the first of each was told.
    pub(super) failed: BTreeMap<&'static str, (u64, String)>,
    pub(super) update_latency: Latency,
    pub(super) final_latency: Latency,
    pub(super) queue: Latency,
    pub(super) features: Latency,
    pub(super) inference: Latency,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            updates: 0,
            finals: 0,
            updates_dropped: 0,
            samples_heard: 0,
            ended: 0,
            refused: 0,
            failed: BTreeMap::new(),
            update_latency: Latency::new(),
            final_latency: Latency::new(),
            queue: Latency::new(),
            features: Latency::new(),
            inference: Latency::new(),
        }
    }

    pub(super) fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Answer(answer) => self.answer(answer),
            Observation::Over(Outcome::Ended { samples, updates_dropped }) => {
                self.ended += 1;
                self.samples_heard += samples;
                self.updates_dropped += updates_dropped;
            }
            Observation::Over(Outcome::Refused(_)) => self.refused += 1,
            Observation::Over(Outcome::Failed(code, message)) => {
                self.failed.entry(crate::grpc::code_name(code)).or_insert((0, message)).0 += 1;
            }
        }
    }

    /// Streams that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failed.values().map(|(count, _)| count).sum()
    }

    fn answer(&mut self, answer: Answer) {
        *(if answer.is_final { &mut self.finals } else { &mut self.updates }) += 1;
        let Some(latency) = answer.latency else { return };
        let of_kind = if answer.is_final { &mut self.final_latency } else { &mut self.update_latency };
        of_kind.record(latency);
        self.queue.record(answer.parts.queue);
        self.features.record(answer.parts.features);
        self.inference.record(answer.parts.inference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_stream_is_no_failed_one() {
        let mut tally = Tally::new();
        tally.take(Observation::Over(Outcome::Refused("full".into())));
        tally.take(Observation::Over(Outcome::Failed(Code::Unavailable, "gone".into())));
        tally.take(Observation::Over(Outcome::Failed(Code::Unavailable, "gone again".into())));
        tally.take(Observation::Over(Outcome::Ended { samples: 16_000, updates_dropped: 2 }));
        assert_eq!((tally.refused, tally.failures(), tally.ended), (1, 2, 1));
        assert_eq!(tally.failed["UNAVAILABLE"], (2, "gone".to_owned()));
        assert_eq!((tally.samples_heard, tally.updates_dropped), (16_000, 2));
    }

    #[test]
    fn an_answer_that_is_not_to_be_measured_is_counted_all_the_same() {
        let mut tally = Tally::new();
        let parts = TimeParts::default();
        tally.take(Observation::Answer(Answer { is_final: false, latency: None, parts }));
        let latency = Some(Duration::from_millis(7));
        tally.take(Observation::Answer(Answer { is_final: false, latency, parts }));
        assert_eq!((tally.updates, tally.update_latency.count()), (2, 1));
    }
}
