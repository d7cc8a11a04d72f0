//! Recording: from a server's hands through its journal into Postgres, against plain COPY of the same rows.

mod pace;

use crate::{Aim, Report, Run};
use anyhow::Result;
use pace::Paced;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use undertone_core::{PredictionId, Record, RecordFuture, Recorder, StreamId, UnixMicros, UtteranceRecord};
use undertone_store::{Journal, JournalOptions, PostgresUrl, Shipper};
use undertone_tests::{PlainCopy, PrivatePostgres, answer};

const RUNS: usize = 5;
const ROWS: [usize; 2] = [200_000, 50_000];
const UTTERANCES_PER_STREAM: usize = 20;
/// Records that wait for the journal at a time, as many streams would have them.
const UNDER_WAY: usize = 4_096;
const LABELS: [&str; 8] = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"];
const WORK: &str = "answers with eight labels, twenty per stream, recorded in a journal on this machine's disk and shipped to a PostgreSQL \
                    of its own with fsync on; rows_per_second counts from the first record to the last row in Postgres; copy is one COPY \
                    of the same rows over one connection into a table with the same indexes and checks, bare_copy into one without; \
                    before_reply is the wait for a record at 1,000 a second, while they are shipped";

/// Rows per second end to end over those of plain COPY (`ratio`), and what a record before the reply adds.
pub fn measure_record(quick: bool) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let seconds = if quick { 5 } else { 20 };
    let run = |_| runtime.block_on(measure_once(ROWS[usize::from(quick)], Duration::from_secs(seconds)));
    let runs = (0..RUNS).map(run).collect::<Result<Vec<Run>>>()?;
    let aims = [
        ("ratio", Aim::AtLeast(0.5)),
        ("rows_per_second", Aim::AtLeast(20_000.0)),
        ("before_reply_p99_ms", Aim::AtMost(15.0)),
    ];
    Ok(Report::new("record", aims, runs).about("work", WORK))
}

async fn measure_once(rows: usize, paced: Duration) -> Result<Run> {
    let postgres = PrivatePostgres::start_durable();
    let url: PostgresUrl = postgres.url().parse()?;
    let folder = TempDir::new()?;
    let journal = Journal::open(folder.path(), JournalOptions::default()).await?;
    let shipper = Shipper::start(&journal, url.clone());
    // The tables are made before the clock runs.
    shipper.status().wait_for(|status| status.connected).await?;

    let answers = answers(rows);
    let begun = Instant::now();
    record(&journal, answers).await?;
    let journalled = begun.elapsed();
    journal.status().wait_for(|status| status.pending_rows == 0).await?;
    let shipped = begun.elapsed();
    let copy = PlainCopy::measure(&postgres).await?;

    let latencies = Paced { per_second: 1_000, duration: paced }.record(&journal).await?;
    journal.status().wait_for(|status| status.pending_rows == 0).await?;
    shipper.stop().await;
    journal.close().await;
    let per_second = |duration: Duration| rows as f64 / duration.as_secs_f64();
    Ok(Run::from([
        ("rows_per_second", per_second(shipped)),
        ("journal_rows_per_second", per_second(journalled)),
        ("copy_rows_per_second", per_second(copy.alike)),
        ("bare_copy_rows_per_second", per_second(copy.bare)),
        ("ratio", copy.alike.as_secs_f64() / shipped.as_secs_f64()),
        ("bare_ratio", copy.bare.as_secs_f64() / shipped.as_secs_f64()),
        ("bytes_per_row", copy.bytes_per_row),
        ("before_reply_p50_ms", latencies.p50_ms),
        ("before_reply_p99_ms", latencies.p99_ms),
        ("before_reply_max_ms", latencies.max_ms),
    ]))
}

/// Answers as streams of today would give them, in the order of their making.
fn answers(rows: usize) -> Vec<UtteranceRecord> {
    let mut answers = Vec::with_capacity(rows);
    while answers.len() < rows {
        let stream = StreamId::generate();
        answers.extend((1..=UTTERANCES_PER_STREAM).map(|utterance| answer_of(stream, utterance as u32)));
    }
    answers.truncate(rows);
    answers
}

fn answer_of(stream: StreamId, utterance: u32) -> UtteranceRecord {
    let mut answer = answer(stream, utterance);
    let seed = answer.prediction_id.uuid().as_u128();
    // The time in the identifier, as the answer would have it too.
    let millis = (stream.uuid().as_u128() >> 80) as i64;
    answer.created_at = UnixMicros(millis * 1_000);
    answer.prediction_id = PredictionId::of_final(stream, utterance);
    answer.labels = LABELS.map(str::to_owned).to_vec();
    let parts: Vec<f32> = (0..8).map(|place| 1.0 + ((seed >> (place * 7)) & 127) as f32).collect();
    let sum: f32 = parts.iter().sum();
    answer.probabilities = parts.iter().map(|part| part / sum).collect();
    let top = (0..8).max_by(|&a, &b| parts[a].total_cmp(&parts[b])).unwrap_or(0);
    answer.top = LABELS[top].to_owned();
    answer.confidence = answer.probabilities[top];
    answer
}

/// Records all, with a bounded number under way.
async fn record(journal: &Journal, answers: Vec<UtteranceRecord>) -> Result<()> {
    let mut under_way: VecDeque<RecordFuture> = VecDeque::with_capacity(UNDER_WAY);
    for answer in answers {
        if under_way.len() == UNDER_WAY
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.await?;
        }
        under_way.push_back(journal.record(Record::Utterance(answer)));
    }
    for record in under_way {
        record.await?;
    }
    Ok(())
}
