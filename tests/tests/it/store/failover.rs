//! A standby that takes over before it has everything.

use super::bed::{folder, open, reader, ship, shipped, url};
use super::rollups::assert_right;
use std::collections::BTreeSet;
use std::path::Path;
use undertone_core::{
    Clock, PredictionId, Record, Recorder, SampleRange, StreamEndRecord, StreamId, StreamRecord, SystemClock,
    UnixMicros, UtteranceRecord,
};
use undertone_store::{
    ExperimentStore, Exposure, FeedbackAbout, FeedbackRow, FeedbackVerdict, Journal, JournalReader, Reship,
    ReshipSpan, Reshipped, Shipper, StoreError, erase_subject, reship,
};
use undertone_tests::{PrivatePostgres, answer, closing, opening};

/// Answers that the standby has, and those that it has not.
const BEFORE: std::ops::RangeInclusive<u32> = 1..=10;
const LOST: std::ops::RangeInclusive<u32> = 11..=30;

async fn record(journal: &Journal, records: impl IntoIterator<Item = Record>) {
    for record in records {
        journal.record(record).await.unwrap();
    }
}

/// Ends as a server does that has shipped everything.
async fn leave(journal: Journal, shipper: Shipper) {
    shipped(&journal).await;
    shipper.stop().await;
    journal.close().await;
}

fn of_subject(stream: StreamId, key: &str) -> Record {
    let opened_at = SystemClock.now();
    let mut opened = opening(stream);
    opened.subject_key = Some(key.to_owned());
    opened.opened_at = opened_at;
    Record::StreamOpened(opened)
}

/// Exposes somebody at `at`, and has somebody judge what was said in the stream.
async fn take_part(store: &ExperimentStore, stream: StreamId, unit: &str, at: UnixMicros) {
    let exposure = Exposure {
        tenant: "default".into(),
        experiment: "trial".into(),
        unit: unit.into(),
        forced: false,
        arm: "a".into(),
        share: 0.5,
        revision: 1,
        stream_id: stream,
        at,
    };
    store.expose(&[exposure]).await.unwrap();
    let judgement = FeedbackRow {
        tenant: "default".into(),
        id: PredictionId::generate().uuid(),
        about: FeedbackAbout::Interval(stream, SampleRange { start: 0, end: 16_000 }),
        verdict: FeedbackVerdict::Label("sad".into()),
        source: "customer".into(),
        said_at: at,
        received_at: at,
    };
    store.give_feedback(&[judgement]).await.unwrap();
    while store.ship().await.unwrap() > 0 {}
}

async fn experiments(folder: &Path, postgres: &PrivatePostgres) -> ExperimentStore {
    ExperimentStore::open(folder, Some(url(postgres))).await.unwrap()
}

async fn arrived(postgres: &PrivatePostgres) -> Vec<PredictionId> {
    let rows = reader(postgres).await.recent_predictions(u32::MAX).await.unwrap();
    rows.iter().map(|row| row.prediction_id).collect()
}

fn count(postgres: &PrivatePostgres, table: &str) -> String {
    postgres.query(&format!("select count(*) from {table}")).trim().to_owned()
}

#[tokio::test]
async fn what_a_standby_lost_is_sent_again_and_what_it_has_is_counted_once() {
    let (postgres, folder) = (PrivatePostgres::start(), folder());
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let (early, late) = (StreamId::generate(), StreamId::generate());
    let begun = SystemClock.now();
    let spoken = |utterance: u32| {
        let created_at = UnixMicros(begun.0 + i64::from(utterance) * 2_000_000);
        UtteranceRecord { created_at, ..answer(early, utterance) }
    };
    let end = StreamEndRecord { ended_at: UnixMicros(begun.0 + 60_000_000), ..closing(early, 30) };
    let answers: Vec<UtteranceRecord> = BEFORE.chain(LOST).map(spoken).collect();
    let since = answers[BEFORE.count()].created_at;
    let told = experiments(folder.path(), &postgres).await;
    let (known, lost) = answers.split_at(BEFORE.count());
    let opened = StreamRecord { opened_at: begun, ..opening(early) };
    record(&journal, [Record::StreamOpened(opened)]).await;
    record(&journal, known.iter().cloned().map(Record::Utterance)).await;
    take_part(&told, early, "ann", UnixMicros(since.0 - 1)).await;
    shipped(&journal).await;
    let standby = postgres.standby();

    record(&journal, lost.iter().cloned().map(Record::Utterance)).await;
    let mut poisoned = opening(late);
    poisoned.labels.insert("name".to_owned(), "a\0b".to_owned());
    poisoned.opened_at = since;
    record(&journal, [Record::StreamEnded(end.clone()), Record::StreamOpened(poisoned)]).await;
    take_part(&told, early, "ben", since).await;
    shipped(&journal).await;
    assert_eq!(journal.status().borrow().set_aside_rows, 1);
    shipper.stop().await;
    told.close().await;
    let span = ReshipSpan { since, earliest: None, now: UnixMicros(i64::MAX) };
    let running = reship(folder.path(), &url(&standby), span).await;
    assert!(matches!(running, Err(StoreError::InUse { .. })), "{running:?}");
    journal.close().await;
    drop(postgres);

    let too_old = ReshipSpan { earliest: Some(UnixMicros(since.0 + 1)), ..span };
    let refused = reship(folder.path(), &url(&standby), too_old).await.unwrap();
    assert_eq!(refused, Reship::TooOld(since));
    let reshipped = reship(folder.path(), &url(&standby), span).await.unwrap();
    let expected = Reshipped {
        // The other one was never closed: it is ended now, which is new.
        streams: 1,
        predictions: LOST.count() as u64,
        exposures: 1,
        feedback: 1,
        oldest: Some(answers[0].created_at),
    };
    assert_eq!(reshipped, Reship::Again(expected));
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &standby);
    let told = experiments(folder.path(), &standby).await;
    shipped(&journal).await;
    while told.ship().await.unwrap() > 0 {}
    let there = arrived(&standby).await;
    let all: BTreeSet<String> = answers.iter().map(|own| own.prediction_id.to_string()).collect();
    assert_eq!(there.len(), answers.len());
    assert_eq!(there.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), all);
    assert_right(&standby).await;
    let streams = reader(&standby).await.recent_streams(10).await.unwrap();
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].ended, Some(end));
    assert_eq!((count(&standby, "exposures"), count(&standby, "feedback")), ("2".to_owned(), "2".to_owned()));
    assert_eq!(journal.status().borrow().set_aside_rows, 1, "what is refused again is set aside once");
    shipper.stop().await;
}

#[tokio::test]
async fn a_journal_follows_the_erasures_of_a_standby_that_counts_them_anew() {
    let (postgres, folder, elsewhere) = (PrivatePostgres::start(), folder(), folder());
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let begun = SystemClock.now();
    for key in ["ann", "ben"] {
        let stream = StreamId::generate();
        record(&journal, [of_subject(stream, key), Record::Utterance(answer(stream, 1))]).await;
    }
    shipped(&journal).await;
    let standby = postgres.standby();
    erase_subject(folder.path(), Some(&url(&postgres)), ("default", "ann")).await.unwrap();
    // A batch by which the journal learns the number of the erasure.
    let stream = StreamId::generate();
    record(&journal, [Record::StreamOpened(opening(stream))]).await;
    leave(journal, shipper).await;
    drop(postgres);

    standby.query("select setval(pg_get_serial_sequence('erasures', 'seq'), 1, false)");
    let standby_url = url(&standby);
    let span = ReshipSpan { since: begun, earliest: None, now: SystemClock.now() };
    reship(folder.path(), &standby_url, span).await.unwrap();
    erase_subject(elsewhere.path(), Some(&standby_url), ("default", "ben")).await.unwrap();
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &standby);
    let stream = StreamId::generate();
    record(&journal, [Record::StreamOpened(opening(stream))]).await;
    shipped(&journal).await;
    let kept = JournalReader::open(folder.path()).await.unwrap().recent_streams(10).await.unwrap();
    let keys: Vec<_> = kept.iter().filter_map(|row| row.opened.subject_key.clone()).collect();
    assert!(keys.is_empty(), "{keys:?}");
    erase_subject(folder.path(), Some(&standby_url), ("default", "ann")).await.unwrap();
    let keys = standby.query("select subject_key from streams where subject_key is not null");
    assert_eq!(keys.trim(), "", "once asked for again");
    shipper.stop().await;
}

#[tokio::test]
async fn an_answer_dated_by_a_clock_that_ran_ahead_brings_back_nothing_before_the_time() {
    let (postgres, folder) = (PrivatePostgres::start(), folder());
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let now = SystemClock.now();
    let ahead = [3_600_000_000, -7_200_000_000, -1_000_000];
    let stream = StreamId::generate();
    for (utterance, micros) in (1..).zip(ahead) {
        let created_at = UnixMicros(now.0 + micros);
        let spoken = UtteranceRecord { created_at, ..answer(stream, utterance) };
        record(&journal, [Record::Utterance(spoken)]).await;
    }
    leave(journal, shipper).await;
    let span = ReshipSpan { since: UnixMicros(now.0 - 60_000_000), earliest: None, now };
    let again = reship(folder.path(), &url(&postgres), span).await.unwrap();
    assert!(matches!(again, Reship::Again(Reshipped { predictions: 1, .. })), "{again:?}");
}

#[tokio::test]
async fn an_answer_that_goes_again_takes_its_stream_along_however_long_ago_that_was() {
    let (postgres, folder) = (PrivatePostgres::start(), folder());
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let now = SystemClock.now();
    let (first, second) = (StreamId::generate(), StreamId::generate());
    let long_ago = UnixMicros(now.0 - 7_200_000_000);
    // The clock went back between them.
    let opened = StreamRecord { opened_at: long_ago, ..opening(second) };
    let end = StreamEndRecord { ended_at: long_ago, ..closing(second, 1) };
    let late = UtteranceRecord { created_at: now, ..answer(first, 1) };
    let early = UtteranceRecord { created_at: long_ago, ..answer(second, 1) };
    record(&journal, [Record::Utterance(late), Record::StreamOpened(opened), Record::Utterance(early)]).await;
    record(&journal, [Record::StreamEnded(end)]).await;
    leave(journal, shipper).await;
    let span = ReshipSpan { since: UnixMicros(now.0 - 60_000_000), earliest: None, now };
    let again = reship(folder.path(), &url(&postgres), span).await.unwrap();
    assert!(matches!(again, Reship::Again(Reshipped { predictions: 2, streams: 1, .. })), "{again:?}");
}
