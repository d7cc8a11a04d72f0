//! The journal by itself: group commit, refusals, and what it says when it cannot be opened.

use super::bed::{folder, open};
use std::path::Path;
use undertone_core::{Record, Recorder, StreamId};
use undertone_store::{Journal, JournalOptions, JournalReader, StoreError};
use undertone_tests::{answer, closing, opening};

#[tokio::test]
async fn closing_writes_everything_that_was_queued() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let stream = StreamId::generate();
    let waiting: Vec<_> = (1..=1_000).map(|n| journal.record(Record::Utterance(answer(stream, n)))).collect();
    journal.close().await;

    for record in waiting {
        record.await.expect("queued before the close");
    }
    let late = journal.record(Record::Utterance(answer(stream, 1_001))).await;
    assert!(late.unwrap_err().message.contains("closed"));
    assert_eq!(open(folder.path()).await.counts().await.unwrap().predictions, 1_000);
}

#[tokio::test]
async fn when_the_queue_is_full_callers_wait_and_nothing_is_lost() {
    let folder = folder();
    let options = JournalOptions { queue_records: 1, group_records: 1, ..JournalOptions::default() };
    let journal = Journal::open(folder.path(), options).await.unwrap();
    let stream = StreamId::generate();
    let waiting: Vec<_> =
        (1..=200).map(|n| tokio::spawn(journal.record(Record::Utterance(answer(stream, n))))).collect();
    for record in waiting {
        record.await.unwrap().expect("it was only made to wait");
    }
    assert_eq!(journal.counts().await.unwrap().predictions, 200);
}

#[tokio::test]
async fn a_refused_record_is_set_aside_and_its_neighbours_are_kept() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let stream = StreamId::generate();
    let mut not_a_number = answer(stream, 2);
    not_a_number.probabilities[0] = f32::NAN;
    let mut unsure = answer(stream, 3);
    unsure.confidence = 1.5;
    let mut uneven = answer(stream, 4);
    uneven.labels.pop();
    let mut endless = answer(stream, 5);
    endless.interval.end = u64::MAX;
    let mut refused: Vec<Record> = [not_a_number, unsure, uneven, endless].map(Record::Utterance).into();
    refused.push(Record::StreamEnded(closing(StreamId::generate(), 1)));

    // Queued before the writer can run, so that all are written together.
    let before = journal.record(Record::Utterance(answer(stream, 1)));
    let refused: Vec<_> = refused.into_iter().map(|record| journal.record(record)).collect();
    let after = journal.record(Record::Utterance(answer(stream, 6)));

    before.await.unwrap();
    after.await.unwrap();
    for record in refused {
        assert!(record.await.unwrap_err().message.contains("refused"));
    }
    assert_eq!(journal.counts().await.unwrap().predictions, 2);
    let status = journal.status().borrow().clone();
    assert_eq!((status.set_aside_rows, status.pending_rows), (5, 2));

    journal.close().await;
    assert_eq!(open(folder.path()).await.status().borrow().set_aside_rows, 5, "counted over restarts");
}

#[tokio::test]
async fn a_journal_can_be_read_while_it_is_written() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let reader = JournalReader::open(folder.path()).await.unwrap();
    let answer = answer(StreamId::generate(), 1);
    journal.record(Record::Utterance(answer.clone())).await.unwrap();
    assert_eq!(reader.recent_predictions(1).await.unwrap(), [answer]);
    journal.record(Record::StreamOpened(opening(StreamId::generate()))).await.unwrap();
    assert_eq!(reader.counts().await.unwrap().open_streams, 1);
}

#[tokio::test]
async fn one_data_folder_has_one_journal_at_a_time() {
    let folder = folder();
    let journal = open(folder.path()).await;
    let message = refusal(folder.path()).await.to_string();
    assert!(message.contains("in use") && names(&message, folder.path()), "{message}");
    journal.close().await;
    open(folder.path()).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("data"), "/proc/undertone".into()] {
        let message = refusal(&path).await.to_string();
        assert!(message.contains("data.dir") && names(&message, &path), "{message}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_with_what_to_do() {
    let folder = folder();
    let file = folder.path().join("journal.db");
    std::fs::write(&file, "this was a journal once. ".repeat(400)).unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(message.contains("damaged") && message.contains("move it away"), "{message}");
    assert!(names(&message, &file), "{message}");
}

#[tokio::test]
async fn reading_where_nothing_was_recorded_says_so() {
    let folder = folder();
    let message = JournalReader::open(folder.path()).await.unwrap_err().to_string();
    assert!(message.contains("no journal") && names(&message, folder.path()), "{message}");
}

async fn refusal(folder: &Path) -> StoreError {
    match Journal::open(folder, JournalOptions::default()).await {
        Ok(_) => panic!("a journal was opened in {}", folder.display()),
        Err(error) => error,
    }
}

fn names(message: &str, path: &Path) -> bool {
    message.contains(&path.display().to_string())
}
