//! A journal that may hold only so much.

use super::bed::{folder, ship, shipped};
use undertone_core::{Record, Recorder, StreamId};
use undertone_store::{Journal, JournalOptions};
use undertone_tests::{PrivatePostgres, answer, opening};

const LIMIT_BYTES: u64 = 300_000;

#[tokio::test]
async fn at_its_limit_the_journal_refuses_new_streams_and_keeps_open_ones() {
    let folder = folder();
    let journal = limited(&folder).await;
    let stream = StreamId::generate();
    journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
    fill(&journal, stream, 1_000).await;

    let refused = journal.record(Record::StreamOpened(opening(StreamId::generate()))).await;
    let message = refused.unwrap_err().message;
    assert!(message.contains("limit") && message.contains("1001 rows are not in Postgres"), "{message}");
    journal.record(Record::Utterance(answer(stream, 1_001))).await.expect("its stream is open");
    journal.record(Record::StreamOpened(opening(stream))).await.expect("taken up again, it is no new one");
    assert_eq!(journal.status().borrow().set_aside_rows, 0, "the row is not at fault");
}

#[tokio::test]
async fn rows_that_postgres_has_make_room_for_new_ones() {
    let folder = folder();
    let journal = limited(&folder).await;
    let stream = StreamId::generate();
    journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
    fill(&journal, stream, 1_000).await;
    journal.record(Record::StreamOpened(opening(StreamId::generate()))).await.expect_err("it is full");

    let postgres = PrivatePostgres::start();
    let shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    // Room is made after the rows were settled, before the next record is looked at.
    journal.record(Record::StreamOpened(opening(StreamId::generate()))).await.expect("there is room again");
    assert!(journal.counts().await.unwrap().predictions < 1_000);
    shipper.stop().await;
    let counts = super::bed::reader(&postgres).await.counts().await.unwrap();
    assert_eq!((counts.streams, counts.predictions), (2, 1_000));
}

async fn limited(folder: &tempfile::TempDir) -> Journal {
    let options = JournalOptions { limit_bytes: Some(LIMIT_BYTES), ..JournalOptions::default() };
    Journal::open(folder.path(), options).await.unwrap()
}

async fn fill(journal: &Journal, stream: StreamId, answers: u32) {
    let waiting: Vec<_> =
        (1..=answers).map(|n| journal.record(Record::Utterance(answer(stream, n)))).collect();
    for record in waiting {
        record.await.expect("only new streams are refused");
    }
}
