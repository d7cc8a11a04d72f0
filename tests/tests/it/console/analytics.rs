//! The page of figures, on a Postgres with a day of records and what the server added to them.

use super::browser::Script;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use undertone_core::{ModelRef, PredictionId, Record, Recorder, StreamId, UnixMicros, UtteranceRecord};
use undertone_proto::v1;
use undertone_store::{Journal, JournalOptions};
use undertone_tests::{PrivatePostgres, TestServer, answer, opening, shipped_clip};

const HOURS: i64 = 30;
const LABELS: [&str; 4] = ["angry", "calm", "happy", "sad"];
const HOUR_MICROS: i64 = 3_600_000_000;

/// A stream identifier of that time.
fn stream_at(micros: i64) -> StreamId {
    let right = StreamId::generate().uuid().as_u128() & ((1 << 80) - 1);
    StreamId::from_uuid(uuid::Uuid::from_u128(((micros / 1000) as u128) << 80 | right))
}

/// The answer of the `model`-th model in the `hour`-th hour: shares move slowly, and the models differ.
fn made(stream: StreamId, at: i64, (model, hour, number): (usize, i64, i64)) -> UtteranceRecord {
    let own = answer(stream, 1);
    let turn = (hour / 3 + number * 7 + number * number) as usize;
    let top = if (number + hour) % 5 == 0 { (turn + model) % LABELS.len() } else { turn % LABELS.len() };
    let confidence = 0.35 + ((number * 13 + hour * 5) % 60) as f32 / 100.0;
    let mut probabilities = vec![(1.0 - confidence) / 3.0; LABELS.len()];
    probabilities[top] = confidence;
    let mut time_parts = own.time_parts;
    time_parts.inference = Duration::from_micros(900 + 400 * model as u64 + (hour as u64 % 6) * 150);
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

/// A day of answers, in the journal of a server that is not started yet.
async fn journal_of_a_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).await.unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as i64;
    for hour in 0..HOURS {
        for number in 0..(12 + 6 * (hour % 4)) {
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
