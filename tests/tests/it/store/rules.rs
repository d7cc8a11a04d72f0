//! What holds for both databases.

use super::bed::{Bed, Kind};
use std::cmp::Reverse;
use std::time::Duration;
use undertone_core::{EndReason, PredictionId, Record, Role, StreamId, UnixMicros};
use undertone_tests::{answer, closing, opening};

/// Runs every rule once on each database.
macro_rules! on_both {
    ($($rule:ident)+) => {
        mod journal_alone {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Bed::of(super::Kind::Journal).await).await; })+
        }
        mod postgres_behind {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Bed::of(super::Kind::Postgres).await).await; })+
        }
    };
}

on_both! {
    what_was_recorded_reads_back_equal
    a_record_made_twice_is_one_row
    newest_come_first_and_ties_go_by_identifier
    a_stream_that_was_taken_up_again_has_the_end_that_heard_most
}

async fn what_was_recorded_reads_back_equal(bed: Bed) {
    let stream = StreamId::generate();
    let mut opened = opening(stream);
    opened.subject_key = Some("Zoë \"quoted\" \\ {braces} 😀".to_owned());
    opened.labels.insert("campaign".to_owned(), "a, 'b'; -- c".to_owned());
    let plain = answer(stream, 1);
    let mut odd = answer(stream, u32::MAX);
    odd.arm = Some("candidate".to_owned());
    odd.role = Role::Shadow;
    odd.is_final = false;
    odd.abstained = true;
    odd.labels = vec!["NULL".to_owned(), "{}".to_owned(), "a\"b,c".to_owned(), String::new()];
    odd.probabilities = vec![f32::MIN_POSITIVE, 1.0 / 3.0, 0.0, 0.666_666_6];
    odd.confidence = 0.666_666_6;
    odd.time_parts.queue = Duration::from_secs(86_400);
    let end = closing(stream, 2);

    bed.record([
        Record::StreamOpened(opened.clone()),
        Record::Utterance(plain.clone()),
        Record::Utterance(odd.clone()),
        Record::StreamEnded(end.clone()),
    ])
    .await;

    assert_eq!(bed.predictions(10).await, [odd, plain]);
    let streams = bed.streams(10).await;
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].opened, opened);
    assert_eq!(streams[0].ended, Some(end));
    assert!(!streams[0].recovered);
}

async fn a_record_made_twice_is_one_row(bed: Bed) {
    let stream = StreamId::generate();
    let opened = Record::StreamOpened(opening(stream));
    let answered = Record::Utterance(answer(stream, 1));
    bed.record([opened.clone(), answered.clone()]).await;
    bed.record([answered.clone(), opened, answered]).await;

    let counts = bed.counts().await;
    assert_eq!((counts.streams, counts.open_streams, counts.predictions), (1, 1, 1));
}

async fn newest_come_first_and_ties_go_by_identifier(bed: Bed) {
    let stream = StreamId::generate();
    let mut answers: Vec<_> = (1..=20).map(|utterance| answer(stream, utterance)).collect();
    for tied in &mut answers[5..15] {
        tied.created_at = UnixMicros(1_790_000_012_000_000);
    }
    // Identifiers against the order of recording.
    let mut ids: Vec<PredictionId> = answers.iter().map(|answer| answer.prediction_id).collect();
    ids.sort_by_key(|&id| Reverse(id));
    for (answer, id) in answers.iter_mut().zip(ids) {
        answer.prediction_id = id;
    }
    bed.record(answers.clone().into_iter().map(Record::Utterance)).await;

    answers.sort_by_key(|answer| Reverse((answer.created_at, answer.prediction_id)));
    assert_eq!(bed.predictions(100).await, answers);
    assert_eq!(bed.predictions(7).await, answers[..7]);
}

async fn a_stream_that_was_taken_up_again_has_the_end_that_heard_most(bed: Bed) {
    let (ended, open) = (StreamId::generate(), StreamId::generate());
    bed.record([opening(ended), opening(open)].map(Record::StreamOpened)).await;
    assert_eq!(bed.counts().await.open_streams, 2);

    let first = closing(ended, 3);
    let mut last = closing(ended, 9);
    last.ended_at = UnixMicros(first.ended_at.0 + 1);
    last.reason = EndReason::Drained;
    // The connection that broke is noticed at last.
    let mut noticed = closing(ended, 2);
    noticed.ended_at = UnixMicros(last.ended_at.0 + 1);
    bed.record([first.clone(), last.clone(), first, noticed].map(Record::StreamEnded)).await;

    assert_eq!(bed.counts().await.open_streams, 1);
    let streams = bed.streams(10).await;
    let row = streams.iter().find(|row| row.opened.stream_id == ended).unwrap();
    assert_eq!(row.ended, Some(last));
}
