//! A subject that is to be forgotten.

use super::bed::{folder, open, reader, ship, shipped, url};
use super::rollups::{assert_right, record_many};
use sqlx::{Connection, PgConnection};
use std::path::Path;
use undertone_core::{Clock, PredictionId, Record, Recorder, StreamId, SystemClock, UnixMicros};
use undertone_store::{ExportFile, Exported, Exporter, Journal, JournalReader, erase_subject};
use undertone_tests::{PrivatePostgres, answer, closing, opening};

async fn record_subject(journal: &Journal, key: &str) -> StreamId {
    let stream = StreamId::generate();
    let mut opened = opening(stream);
    opened.subject_key = Some(key.to_owned());
    opened.opened_at = SystemClock.now();
    let mut records = vec![Record::StreamOpened(opened)];
    for utterance in 1..=5 {
        let mut answer = answer(stream, utterance);
        answer.prediction_id = PredictionId::of_final(stream, utterance);
        records.push(Record::Utterance(answer));
    }
    records.push(Record::StreamEnded(closing(stream, 5)));
    for record in records {
        journal.record(record).await.unwrap();
    }
    stream
}

#[tokio::test]
async fn an_erasure_reaches_journal_postgres_and_rollups_and_leaves_an_audit_row() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    record_many(&journal, 3).await;
    let gone = record_subject(&journal, "ann").await;
    let stays = record_subject(&journal, "ben").await;
    let shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    // Nothing is shipped of these: they are in the journal alone.
    shipper.stop().await;
    record_subject(&journal, "ann").await;

    let report = erase_subject(folder.path(), Some(&url(&postgres)), ("default", "ann")).await.unwrap();
    let (there, here) = (report.postgres.unwrap(), report.journal.unwrap());
    assert_eq!((there.streams, there.predictions, here.streams, here.predictions), (1, 5, 2, 10));

    let streams = reader(&postgres).await.recent_streams(10).await.unwrap();
    assert!(streams.iter().all(|row| row.opened.stream_id != gone));
    assert!(streams.iter().any(|row| row.opened.stream_id == stays));
    assert_right(&postgres).await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let audit: (i64, i64) =
        sqlx::query_as("select streams, predictions from erasures").fetch_one(&mut connection).await.unwrap();
    assert_eq!(audit, (1, 5));
    let traces: i64 = sqlx::query_scalar("select count(*) from erasures where erasures::text like '%ann%'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(traces, 0, "the audit row does not hold the key");
    let kept = JournalReader::open(folder.path()).await.unwrap().recent_streams(10).await.unwrap();
    assert!(kept.len() == 1 && kept[0].opened.stream_id == stays);

    // What is shipped now brings nothing back, and a shipper does not wait for rows that are gone.
    let shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    shipper.stop().await;
    assert_eq!(reader(&postgres).await.counts().await.unwrap().predictions, 35);
}

#[tokio::test]
async fn journals_of_other_servers_follow_before_they_ship_anything() {
    let postgres = PrivatePostgres::start();
    let folders = [folder(), folder()];
    let there = open(folders[1].path()).await;
    record_subject(&there, "ann").await;
    let kept = record_subject(&there, "ben").await;
    // The other server was away when the subject was erased.
    let report = erase_subject(folders[0].path(), Some(&url(&postgres)), ("default", "ann")).await.unwrap();
    assert_eq!(report.journal, None, "there is none");

    let shipper = ship(&there, &postgres);
    shipped(&there).await;
    shipper.stop().await;
    let streams = reader(&postgres).await.recent_streams(10).await.unwrap();
    assert_eq!(streams.iter().map(|row| row.opened.stream_id).collect::<Vec<_>>(), [kept]);
    assert_eq!(there.counts().await.unwrap().predictions, 5);
    assert_right(&postgres).await;
}

/// Whether `text` stands in a file of the journal.
fn stands_in(folder: &Path, text: &str) -> bool {
    folder.read_dir().unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn without_postgres_the_journal_alone_forgets_also_while_it_is_written() {
    let folder = folder();
    let journal = open(folder.path()).await;
    record_subject(&journal, "the-key-of-ann").await;
    let stays = record_subject(&journal, "the-key-of-ben").await;
    let report = erase_subject(folder.path(), None, ("default", "the-key-of-ann")).await.unwrap();
    let erased = report.journal.unwrap();
    assert_eq!((report.postgres, erased.streams, erased.predictions), (None, 1, 5));
    let kept = journal.recent_streams(10).await.unwrap();
    assert!(kept.len() == 1 && kept[0].opened.stream_id == stays);
    assert!(stands_in(folder.path(), "the-key-of-ben"));
    assert!(
        !stands_in(folder.path(), "the-key-of-ann"),
        "nor in what SQLite keeps of rows that were deleted"
    );
    journal.record(Record::Utterance(answer(stays, 6))).await.unwrap();
}

/// Somebody is erased while the answers are written to a file.
async fn export_meets_erasure(postgres: Option<&PrivatePostgres>) {
    let folder = folder();
    let journal = open(folder.path()).await;
    record_subject(&journal, "ann").await;
    record_subject(&journal, "ben").await;
    let url = postgres.map(url);
    if let Some(postgres) = postgres {
        let shipper = ship(&journal, postgres);
        shipped(&journal).await;
        shipper.stop().await;
    }
    let span = (UnixMicros(0), UnixMicros(i64::MAX / 4));
    let file = ExportFile { path: "/exports/all.csv", format: "csv" };
    let mut first = Exporter::begin(folder.path(), url.as_ref(), span, file).await.unwrap();
    assert_eq!(first.next_page().await.unwrap().len(), 10);
    let report = erase_subject(folder.path(), url.as_ref(), ("default", "ann")).await.unwrap();
    assert_eq!(report.stale_files, ["/exports/all.csv"], "whoever erases hears of the file");
    assert_eq!(first.finish(10).await.unwrap(), Exported::Stale, "and whoever writes it of the erasure");

    let mut second = Exporter::begin(folder.path(), url.as_ref(), span, file).await.unwrap();
    assert_eq!(second.next_page().await.unwrap().len(), 5);
    assert_eq!(second.finish(5).await.unwrap(), Exported::Noted);
    let abandoned = ExportFile { path: "/exports/other.csv", ..file };
    let third = Exporter::begin(folder.path(), url.as_ref(), span, abandoned).await.unwrap();
    third.abandon().await.unwrap();
    let report = erase_subject(folder.path(), url.as_ref(), ("default", "ben")).await.unwrap();
    assert_eq!(report.stale_files, ["/exports/all.csv"], "what was not written is not named");
}

#[tokio::test]
async fn an_export_that_meets_an_erasure_in_postgres_is_stale() {
    export_meets_erasure(Some(&PrivatePostgres::start())).await;
}

#[tokio::test]
async fn an_export_that_meets_an_erasure_in_a_journal_is_stale() {
    export_meets_erasure(None).await;
}
