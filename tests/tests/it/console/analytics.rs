//! The page of figures, on a Postgres with a day of records and what the server added to them.

use super::browser::Script;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use undertone_core::{ModelRef, PredictionId, Record, Recorder, StreamId, UnixMicros, UtteranceRecord};
use undertone_proto::v1;
use undertone_store::{Journal, JournalOptions};
use undertone_tests::crowd::judgement;
use undertone_tests::{PrivatePostgres, TestServer, answer, opening, shipped_clip};

const HOURS: i64 = 36;
const LABELS: [&str; 8] = ["angry", "disgust", "fearful", "sad", "neutral", "calm", "surprised", "happy"];
const HOUR_MICROS: i64 = 3_600_000_000;

/// A stream identifier of that time.
fn stream_at(micros: i64) -> StreamId {
    let right = StreamId::generate().uuid().as_u128() & ((1 << 80) - 1);
    StreamId::from_uuid(uuid::Uuid::from_u128(((micros / 1000) as u128) << 80 | right))
}

/// A number from 0 to 1 that follows from `seed`, and looks like chance (SplitMix64, Steele, Lea and Flood 2014).
fn draw(seed: u64) -> f64 {
    let mut bits = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Which label the `model`-th model finds, in an hour that is angrier or less so.
fn label(model: usize, hour: i64, draw: f64) -> usize {
    let anger = 0.08 + 0.12 * (1.0 + (hour as f64 / 4.0).sin());
    let lean = [0.0, 0.06][model];
    let shares = [anger, 0.03, 0.05 + lean, 0.1, 0.24 - lean, 0.16, 0.07, 0.15];
    let whole: f64 = shares.iter().sum();
    let mut below = 0.0;
    let reached = shares.iter().position(|share| {
        below += share / whole;
        draw < below
    });
    reached.unwrap_or(LABELS.len() - 1)
}

/// The answer of the `model`-th model in the `hour`-th hour.
fn made(stream: StreamId, at: i64, (model, hour, number): (usize, i64, i64)) -> UtteranceRecord {
    let own = answer(stream, 1);
    let seed = (hour * 1000 + number) as u64 * 4;
    let top = label(model, hour, draw(seed));
    let confidence = (0.3 + 0.68 * draw(seed + 1).powf([0.6, 0.9][model])) as f32;
    let mut probabilities = vec![(1.0 - confidence) / (LABELS.len() - 1) as f32; LABELS.len()];
    probabilities[top] = confidence;
    let micros =
        |usual: f64, spread: f64, seed: u64| Duration::from_micros((usual + spread * draw(seed)) as u64);
    let time_parts = undertone_core::TimeParts {
        queue: micros(40.0, 900.0 + 60.0 * hour as f64, seed + 2),
        features: micros(2500.0, 1500.0, seed + 3),
        inference: micros([900.0, 1800.0][model], 1200.0, seed + 1),
    };
    UtteranceRecord {
        prediction_id: PredictionId::of_final(stream, 1),
        created_at: UnixMicros(at),
        model: ModelRef { name: ["cnn", "lstm"][model].to_owned(), version: "1.0.0".to_owned() },
        labels: LABELS.map(str::to_owned).to_vec(),
        top: LABELS[top].to_owned(),
        abstained: confidence < 0.4,
        probabilities,
        confidence,
        time_parts,
        ..own
    }
}

/// A day of answers, and some more, in the journal of a server that is not started yet.
async fn journal_of_a_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as i64;
    for hour in 0..HOURS {
        for number in 0..(16 + 6 * (hour % 5)) {
            let at = now - hour * HOUR_MICROS - number * 30_000_000;
            let stream = stream_at(at);
            let opened = undertone_core::StreamRecord { opened_at: UnixMicros(at), ..opening(stream) };
            journal.record(Record::StreamOpened(opened)).await.unwrap();
            let model = usize::from(number % 2 == 1);
            let record = Record::Utterance(made(stream, at, (model, hour, number)));
            journal.record(record).await.unwrap();
        }
    }
    journal.close().await;
    folder
}

async fn until_shipped(server: &TestServer) {
    let all = async {
        let is_done = |line: &str| line == "undertone_postgres_pending_records 0";
        while !server.get("/metrics").await.unwrap().1.lines().any(is_done) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("records are shipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_is_seen_as_figures() {
    let postgres = PrivatePostgres::start();
    let data = journal_of_a_day().await;
    let server = TestServer::start_in(data, &[("store.url", &postgres.url())]).await.unwrap();
    let audio = std::fs::read(shipped_clip()).unwrap().into();
    let labels = [("team".to_owned(), "blue".to_owned())].into();
    let config = Some(v1::RecognitionConfig { model: "cnn".into(), labels, ..Default::default() });
    let request = v1::RecognizeRequest { config, audio };
    let answer = server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner();
    let judgements: Vec<_> = answer
        .utterances
        .iter()
        .map(|own| judgement(&own.result.as_ref().unwrap().prediction_id, "calm"))
        .collect();
    let mut feedback = v1::feedback_client::FeedbackClient::new(server.channel().await.unwrap());
    feedback.give_feedback(v1::GiveFeedbackRequest { judgements }).await.unwrap();
    until_shipped(&server).await;
    if let Some(script) = Script::new("analytics", &server).await {
        script.with("UNDERTONE_OF_BLUE", answer.utterances.len().to_string()).passes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_records_every_page_says_what_is_missing() {
    let server = TestServer::start(&[]).await.unwrap();
    if let Some(script) = Script::new("empty", &server).await {
        script.passes().await;
    }
}
