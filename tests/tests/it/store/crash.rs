//! What a crash leaves.

use super::bed::{folder, left_by_a_crash, open};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use undertone_core::{EndReason, Record, Recorder, SampleRange, StreamId, UnixMicros};
use undertone_tests::{answer, closing, opening};

#[tokio::test]
async fn what_was_acknowledged_survives_without_a_close() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let stream = StreamId::generate();
    let waiting: Vec<_> = (1..=300).map(|n| journal.record(Record::Utterance(answer(stream, n)))).collect();
    for record in waiting {
        record.await.unwrap();
    }
    let left = left_by_a_crash(folder.path());
    assert_eq!(open(left.path()).await.counts().await.unwrap().predictions, 300);
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_killed_process() {
    let folder = folder();
    let mut process = Command::new(env!("CARGO_BIN_EXE_record-until-killed"))
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut acknowledged: Vec<String> = lines.by_ref().take(100).map(Result::unwrap).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    // The last line may have been cut off in the middle.
    acknowledged.extend(lines.map_while(Result::ok).filter(|line| line.len() == 36));

    let journal = open(folder.path()).await;
    let kept = journal.recent_predictions(u32::MAX).await.unwrap();
    let kept: std::collections::HashSet<String> =
        kept.iter().map(|answer| answer.prediction_id.to_string()).collect();
    assert!(acknowledged.len() >= 100);
    assert!(acknowledged.iter().all(|id| kept.contains(id)));
    let streams = journal.recent_streams(2).await.unwrap();
    assert!(streams.len() == 1 && streams[0].recovered);
}

#[tokio::test]
async fn streams_that_a_crash_left_open_end_as_failed_at_the_next_start() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let (open_stream, silent, ended) = (StreamId::generate(), StreamId::generate(), StreamId::generate());
    let last = answer(open_stream, 2);
    let records = [
        Record::StreamOpened(opening(open_stream)),
        Record::StreamOpened(opening(silent)),
        Record::StreamOpened(opening(ended)),
        Record::Utterance(answer(open_stream, 1)),
        Record::Utterance(last.clone()),
        Record::StreamEnded(closing(ended, 0)),
    ];
    for record in records {
        journal.record(record).await.unwrap();
    }
    let left = left_by_a_crash(folder.path());

    let next = open(left.path()).await;
    assert_eq!(next.counts().await.unwrap().open_streams, 0);
    assert_eq!(next.status().borrow().pending_rows, 8, "the two ends are to be shipped as well");
    let streams = next.recent_streams(10).await.unwrap();
    let row = |id| streams.iter().find(|row| row.opened.stream_id == id).unwrap();

    let end = row(open_stream).ended.clone().unwrap();
    assert!(row(open_stream).recovered);
    assert_eq!((end.reason, end.utterances), (EndReason::Failed, 2));
    assert_eq!((end.ended_at, end.samples), (last.created_at, last.interval.end), "its last sign of life");

    let end = row(silent).ended.clone().unwrap();
    assert!(row(silent).recovered);
    assert_eq!((end.ended_at, end.samples, end.utterances), (opening(silent).opened_at, 0, 0));

    assert!(!row(ended).recovered);
    assert_eq!(row(ended).ended, Some(closing(ended, 0)));

    // Its client takes it up again, and the server crashes once more.
    let mut later = answer(open_stream, 3);
    later.created_at = UnixMicros(last.created_at.0 + 5_000_000);
    later.interval = SampleRange { start: last.interval.end, end: last.interval.end + 32_000 };
    next.record(Record::Utterance(later.clone())).await.unwrap();
    let left = left_by_a_crash(left.path());
    let third = open(left.path()).await;
    let streams = third.recent_streams(10).await.unwrap();
    let end = streams.iter().find(|row| row.opened.stream_id == open_stream).unwrap().ended.clone().unwrap();
    assert_eq!((end.reason, end.utterances), (EndReason::Failed, 3), "the row tells of what came later, too");
    assert_eq!((end.ended_at, end.samples), (later.created_at, later.interval.end));
    let own = streams.iter().find(|row| row.opened.stream_id == ended).unwrap();
    assert_eq!(own.ended, Some(closing(ended, 0)));
}
