//! An erasure reaches every column of both databases that can tell of a subject.

use super::bed::{folder, open, ship, shipped, url};
use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeSet;
use std::path::Path;
use undertone_core::{Clock, PredictionId, Record, Recorder, SampleRange, StreamId, SystemClock};
use undertone_store::{
    ErasedRows, ExperimentStore, Exposure, FeedbackAbout, FeedbackRow, FeedbackVerdict, Journal,
    erase_subject,
};
use undertone_tests::{Columns, PrivatePostgres, answer, opening};

/// Every table of Postgres, with its columns in which a subject's key, or a stream or prediction of it, may stand. A new table
/// stands here, and what it holds of a subject is erased in `crates/store/src/postgres/erase.rs`.
const IN_POSTGRES: [(&str, &[&str]); 14] = [
    ("api_keys", &[]),
    ("erased_ids", &[]),
    ("erasures", &[]),
    ("experiment_changes", &[]),
    ("experiments", &[]),
    ("exports", &[]),
    ("exposures", &["stream_id", "unit"]),
    ("feedback", &["prediction_id", "stream_id"]),
    ("partitions", &[]),
    ("predictions", &["id", "stream_id"]),
    ("refused_streams", &["id"]),
    ("rollup_bins", &[]),
    ("rollups", &[]),
    ("streams", &["id", "labels", "subject_key"]),
];
/// The same of the journal, and of `crates/store/src/journal/erasing.rs`.
const IN_JOURNAL: [(&str, &[&str]); 14] = [
    ("api_keys", &[]),
    ("erased_ids", &[]),
    ("erasures", &[]),
    ("erasures_followed", &[]),
    ("experiment_changes", &[]),
    ("experiments", &[]),
    ("exports", &[]),
    ("exposures", &["stream_id", "unit"]),
    ("feedback", &["prediction_id", "stream_id"]),
    ("outbox", &["id"]),
    ("predictions", &["id", "stream_id"]),
    ("set_aside", &["id", "record", "stream_id", "subject_key"]),
    ("shipped", &[]),
    ("streams", &["id", "labels", "subject_key"]),
];
/// Columns with these names tell of a subject wherever they stand.
const TELLING: [&str; 5] = ["subject_key", "stream_id", "prediction_id", "record", "subject"];
const KEY: &str = "the-key-of-ann";

fn holding(tables: &[(&str, &[&str])]) -> BTreeSet<String> {
    tables
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(move |own| format!("{table}.{own}")))
        .collect()
}

/// Fails for a table that the list does not name, and for a column whose name says that it tells of a subject.
fn assert_listed(found: &Columns, tables: &[(&str, &[&str])]) {
    let named: BTreeSet<&str> = tables.iter().map(|(table, _)| *table).collect();
    let there: BTreeSet<&str> = found.all.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(there, named, "a new table: list it, and erase from it what it holds of a subject");
    let listed = holding(tables);
    for (table, column) in found.all.iter().filter(|(_, column)| TELLING.contains(&column.as_str())) {
        assert!(listed.contains(&format!("{table}.{column}")), "{table}.{column} tells of a subject");
    }
}

/// A stream of the subject with two answers and all that can hang on them; gives what may not be found any more.
async fn record_all(journal: &Journal, experiments: &ExperimentStore, key: &str) -> Vec<String> {
    let stream = StreamId::generate();
    let mut opened = opening(stream);
    opened.subject_key = Some(key.to_owned());
    opened.labels.insert("name".to_owned(), key.to_owned());
    opened.opened_at = SystemClock.now();
    journal.record(Record::StreamOpened(opened)).await.unwrap();
    let mut answers = Vec::new();
    for utterance in 1..=2 {
        let mut answer = answer(stream, utterance);
        answer.prediction_id = PredictionId::of_final(stream, utterance);
        journal.record(Record::Utterance(answer.clone())).await.unwrap();
        answers.push(answer);
    }
    let mut refused = answer(stream, 3);
    refused.probabilities[0] = f32::NAN;
    let refused_id = refused.prediction_id.to_string();
    journal.record(Record::Utterance(refused)).await.unwrap_err();
    let exposure = |unit: String| Exposure {
        tenant: "default".into(),
        experiment: "trial".into(),
        unit,
        forced: false,
        arm: "a".into(),
        share: 0.5,
        revision: 1,
        stream_id: stream,
        at: SystemClock.now(),
    };
    experiments.expose(&[exposure(key.to_owned()), exposure(stream.to_string())]).await.unwrap();
    let range = SampleRange { start: 0, end: 16_000 };
    let about = [FeedbackAbout::Prediction(answers[0].prediction_id), FeedbackAbout::Interval(stream, range)];
    assert_eq!(experiments.give_feedback(&about.map(feedback)).await.unwrap(), 2);
    let ids = answers.iter().map(|answer| answer.prediction_id.to_string());
    ids.chain([stream.to_string(), key.to_owned(), refused_id]).collect()
}

fn feedback(about: FeedbackAbout) -> FeedbackRow {
    FeedbackRow {
        tenant: "default".into(),
        id: PredictionId::generate().uuid(),
        about,
        verdict: FeedbackVerdict::Label("sad".into()),
        source: "customer".into(),
        said_at: SystemClock.now(),
        received_at: SystemClock.now(),
    }
}

/// The opening of a stream that the journal refused; no such thing can be made small.
async fn set_a_stream_aside(data_dir: &Path) -> String {
    let stream = StreamId::generate().to_string();
    let file = format!("sqlite://{}", data_dir.join("journal.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    sqlx::query(
        "insert into set_aside (at_micros, refused_by, kind, id, error, record, tenant, subject_key, stream_id) \
         values (1, 'journal', 'stream', ?1, 'too big', ?2, 'default', ?2, ?1)",
    )
    .bind(&stream)
    .bind(KEY)
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    stream
}

/// A stream whose row Postgres will refuse, for the zero byte in a label, with an answer that it takes.
async fn record_with_an_odd_label(journal: &Journal) -> [String; 2] {
    let stream = StreamId::generate();
    let mut opened = opening(stream);
    opened.subject_key = Some(KEY.to_owned());
    opened.labels.insert("name".to_owned(), "a\0b".to_owned());
    opened.opened_at = SystemClock.now();
    journal.record(Record::StreamOpened(opened)).await.unwrap();
    let mut answer = answer(stream, 1);
    answer.prediction_id = PredictionId::of_final(stream, 1);
    let id = answer.prediction_id.to_string();
    journal.record(Record::Utterance(answer)).await.unwrap();
    [stream.to_string(), id]
}

#[tokio::test]
async fn nothing_of_an_erased_subject_stands_in_any_column() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let experiments = ExperimentStore::open(folder.path(), Some(url(&postgres))).await.unwrap();
    let mut texts = record_all(&journal, &experiments, KEY).await;
    texts.push(set_a_stream_aside(folder.path()).await);
    texts.extend(record_with_an_odd_label(&journal).await);
    let others = record_all(&journal, &experiments, "the-key-of-ben").await;
    // Before anything is shipped, so that the outbox holds it too.
    let here = Columns::of_journal(folder.path(), &texts).await.unwrap();
    let shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    assert_eq!(experiments.ship().await.unwrap(), 8);
    let there = Columns::of_postgres(&postgres, &texts).await.unwrap();
    assert_listed(&here, &IN_JOURNAL);
    assert_listed(&there, &IN_POSTGRES);
    assert_eq!(here.holding, holding(&IN_JOURNAL));
    assert_eq!(there.holding, holding(&IN_POSTGRES));
    let others_there = Columns::of_postgres(&postgres, &others).await.unwrap().holding;

    let report = erase_subject(folder.path(), Some(&url(&postgres)), ("default", KEY)).await.unwrap();
    let rows = ErasedRows { streams: 1, predictions: 3, exposures: 2, feedback: 2 };
    assert_eq!(report.postgres, Some(rows));
    assert_eq!(report.journal, Some(ErasedRows { streams: 2, ..rows }), "with the one that Postgres refused");
    let erased_ids = BTreeSet::from(["erased_ids.id".to_owned()]);
    assert_eq!(Columns::of_journal(folder.path(), &texts).await.unwrap().holding, erased_ids);
    assert_eq!(Columns::of_postgres(&postgres, &texts).await.unwrap().holding, erased_ids);
    assert_eq!(Columns::of_postgres(&postgres, &others).await.unwrap().holding, others_there);
    shipper.stop().await;
    experiments.close().await;
}

#[tokio::test]
async fn what_other_servers_hold_about_erased_answers_goes_too_and_late_feedback_is_not_kept() {
    let postgres = PrivatePostgres::start();
    let (heard_in, told_in) = (folder(), folder());
    let (heard, told) = (open(heard_in.path()).await, open(told_in.path()).await);
    let experiments = ExperimentStore::open(heard_in.path(), Some(url(&postgres))).await.unwrap();
    let texts = record_all(&heard, &experiments, KEY).await;
    let shipper = ship(&heard, &postgres);
    shipped(&heard).await;
    shipper.stop().await;
    experiments.ship().await.unwrap();
    // The other server knows neither stream nor subject.
    let others = ExperimentStore::open(told_in.path(), Some(url(&postgres))).await.unwrap();
    let prediction = FeedbackAbout::Prediction(texts[1].parse().unwrap());
    others.give_feedback(&[feedback(prediction)]).await.unwrap();
    let report = erase_subject(heard_in.path(), Some(&url(&postgres)), ("default", KEY)).await.unwrap();
    assert_eq!(report.postgres.unwrap().feedback, 2);

    assert_eq!(others.ship().await.unwrap(), 0, "nothing goes before the journal has followed");
    let shipper = ship(&told, &postgres);
    let mut connected = shipper.status();
    connected.wait_for(|status| status.connected).await.unwrap();
    while Columns::of_journal(told_in.path(), &texts)
        .await
        .unwrap()
        .holding
        .contains("feedback.prediction_id")
    {}
    assert_eq!(others.give_feedback(&[feedback(prediction)]).await.unwrap(), 0);
    assert_eq!(others.ship().await.unwrap(), 0);
    let left = Columns::of_postgres(&postgres, &texts).await.unwrap().holding;
    assert_eq!(left, BTreeSet::from(["erased_ids.id".to_owned()]));
    shipper.stop().await;
    for store in [experiments, others] {
        store.close().await;
    }
}
