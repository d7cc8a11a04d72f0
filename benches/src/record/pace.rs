//! Records by the clock: each is due at its time, whether or not those before are durable.

use super::{UTTERANCES_PER_STREAM, answer_of};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use undertone_core::{Record, Recorder, StreamId};
use undertone_store::Journal;

/// So many records a second, for so long.
pub(super) struct Paced {
    pub(super) per_second: u32,
    pub(super) duration: Duration,
}

/// From when a record was due until it was durable.
pub(super) struct Latencies {
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Paced {
    pub(super) async fn record(&self, journal: &Journal) -> Result<Latencies> {
        let begun = Instant::now();
        let count = (self.duration.as_secs_f64() * f64::from(self.per_second)) as u32;
        let mut waiting = Vec::with_capacity(count as usize);
        let mut stream = StreamId::generate();
        for number in 0..count {
            let due = begun + Duration::from_secs(1) * number / self.per_second;
            tokio::time::sleep_until(due.into()).await;
            if (number as usize).is_multiple_of(UTTERANCES_PER_STREAM) {
                stream = StreamId::generate();
            }
            let answer = answer_of(stream, number % UTTERANCES_PER_STREAM as u32 + 1);
            // The timer has a grain of a millisecond, which is no wait for the journal.
            let asked = Instant::now().max(due);
            let record = journal.record(Record::Utterance(answer));
            waiting.push(tokio::spawn(async move { record.await.map(|()| asked.elapsed()) }));
        }
        let mut millis = Vec::with_capacity(waiting.len());
        for record in waiting {
            millis.push(record.await??.as_secs_f64() * 1e3);
        }
        millis.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| millis.get(((millis.len() - 1) as f64 * share) as usize).copied();
        let none = "records were made";
        Ok(Latencies {
            p50_ms: at(0.5).context(none)?,
            p99_ms: at(0.99).context(none)?,
            max_ms: at(1.0).context(none)?,
        })
    }
}
