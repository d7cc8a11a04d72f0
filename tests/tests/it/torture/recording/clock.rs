//! Clocks that jump.

use super::super::scaled;
use super::ledger::Ledger;
use std::time::Duration;
use undertone_core::{PredictionId, Record, Recorder, StreamId, UnixMicros};
use undertone_store::{Journal, JournalOptions, PostgresUrl, Shipper, ShipperOptions};
use undertone_tests::{PrivatePostgres, answer, opening};

const DAY_MICROS: i64 = 86_400_000_000;
/// Days from today at which a server's clock stood: years off either way, over the borders of partitions, and back.
const JUMPS: [i64; 10] = [0, 1, -1, 40, -4000, 4, 3, 20_000, -399, 0];

/// The stream that a server would make whose clock is `days` off.
fn stream_at(days: i64) -> StreamId {
    let right = StreamId::generate().uuid().as_u128();
    let millis = ((right >> 80) as i64 + days * 86_400_000) as u128;
    StreamId::from_uuid(uuid::Uuid::from_u128((millis << 80) | (right & ((1 << 80) - 1))))
}

fn now_micros() -> i64 {
    let (seconds, nanos) = StreamId::generate().uuid().get_timestamp().unwrap().to_unix();
    seconds as i64 * 1_000_000 + i64::from(nanos) / 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_jump_lose_and_double_nothing() {
    let postgres = PrivatePostgres::start();
    let ledger = Ledger::default();
    let rounds = scaled(1, 20);
    for _ in 0..rounds {
        // Two servers: the second answers again what the first has answered, on another day.
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut servers = Vec::new();
        for folder in &folders {
            let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
            let url: PostgresUrl = postgres.url().parse().unwrap();
            let options = ShipperOptions {
                first_retry: Duration::from_millis(1),
                longest_retry: Duration::from_millis(20),
                batch_rows: 7,
                ..ShipperOptions::default()
            };
            let shipper = Shipper::start_with(&journal, url, options);
            servers.push((journal, shipper));
        }
        for (place, days) in JUMPS.into_iter().enumerate() {
            let stream = stream_at(days);
            for (own, (journal, _)) in servers.iter().enumerate() {
                let mut opened = opening(stream);
                opened.opened_at = UnixMicros(now_micros() + days * DAY_MICROS);
                journal.record(Record::StreamOpened(opened)).await.unwrap();
                for utterance in 1..=10 {
                    let mut answer = answer(stream, utterance);
                    answer.prediction_id = PredictionId::of_final(stream, utterance);
                    // The clock jumps between and within servers, and is never the one that the identifier tells.
                    let skew = JUMPS[(place + own + utterance as usize) % JUMPS.len()];
                    answer.created_at = UnixMicros(now_micros() + skew * DAY_MICROS);
                    ledger.receive(&stream.to_string(), utterance, &answer.prediction_id.to_string());
                    journal.record(Record::Utterance(answer)).await.unwrap();
                }
            }
        }
        for (journal, shipper) in servers {
            journal.status().wait_for(|status| status.pending_rows == 0).await.unwrap();
            shipper.stop().await;
        }
    }
    let balance = ledger.settle("clock jumps", &postgres).await;
    assert_eq!(balance.stored, balance.received);
}
