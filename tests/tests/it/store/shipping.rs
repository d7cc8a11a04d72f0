//! The way to Postgres and its outages.

use super::bed::{folder, left_by_a_crash, open, reader, ship, ship_within, shipped, url};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;
use std::time::Duration;
use undertone_core::{PredictionId, Record, Recorder, StreamId};
use undertone_store::{Journal, PostgresUrl, Shipper, ShipperOptions};
use undertone_tests::{PrivatePostgres, answer, closing, opening};

#[tokio::test]
async fn what_was_recorded_in_an_outage_arrives_exactly_once() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let mut recorded = record_answers(&journal, 10).await;
    shipped(&journal).await;

    postgres.stop();
    recorded.extend(record_answers(&journal, 500).await);
    let mut status = shipper.status();
    let down = status.wait_for(|status| !status.connected).await.unwrap().clone();
    assert!(down.pending_rows == 500 && down.last_error.is_some(), "{down:?}");

    postgres.restart();
    shipped(&journal).await;
    assert_eq!(arrived(&postgres).await, recorded);
    let up = status.borrow().clone();
    assert!(up.connected && up.last_error.is_none() && up.last_success.is_some(), "{up:?}");
    assert_eq!(up.shipped_rows, 510);
}

#[tokio::test]
async fn crashes_of_postgres_amid_shipping_lose_and_double_nothing() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let _shipper = ship(&journal, &postgres);
    let mut recorded = HashSet::new();
    for _ in 0..3 {
        recorded.extend(record_answers(&journal, 1_000).await);
        postgres.restart();
    }
    shipped(&journal).await;
    assert_eq!(arrived(&postgres).await, recorded);
}

#[tokio::test]
async fn rows_that_are_sent_again_change_nothing() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let stream = StreamId::generate();
    journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
    let recorded = record_answers(&journal, 50).await;
    // This copy does not know what is shipped now, and takes the stream for one that crashed.
    let left = left_by_a_crash(folder.path());
    journal.record(Record::StreamEnded(closing(stream, 0))).await.unwrap();
    ship(&journal, &postgres).stop().await;

    let second = open(left.path()).await;
    ship(&second, &postgres).stop().await;
    assert_eq!(second.status().borrow().pending_rows, 0);
    assert_eq!(arrived(&postgres).await, recorded);
    let streams = reader(&postgres).await.recent_streams(10).await.unwrap();
    assert_eq!(streams.len(), 1);
    assert_eq!(streams[0].ended, Some(closing(stream, 0)), "the first end stays");
}

#[tokio::test]
async fn a_row_that_postgres_refuses_is_set_aside_and_the_others_arrive() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let mut recorded = record_answers(&journal, 5).await;
    let stream = StreamId::generate();
    // SQLite keeps what Postgres cannot: a zero byte in a text, alone or in JSON.
    let mut zero_byte = opening(stream);
    zero_byte.labels.insert("name".to_owned(), "a\0b".to_owned());
    let mut odd = answer(stream, 1);
    odd.top = "a\0b".to_owned();
    journal.record(Record::StreamOpened(zero_byte)).await.unwrap();
    journal.record(Record::Utterance(odd)).await.unwrap();
    recorded.extend(record_answers(&journal, 5).await);

    let _shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    assert_eq!(arrived(&postgres).await, recorded);
    let status = journal.status().borrow().clone();
    assert_eq!((status.set_aside_rows, status.shipped_rows), (2, 10));
    assert!(status.connected, "a refused row is no outage");
    assert_eq!(journal.counts().await.unwrap().predictions, 11, "the journal still has it");
}

#[tokio::test]
async fn very_many_refused_rows_do_not_hold_up_the_others() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let mut recorded = HashSet::new();
    // Told apart one by one they take much longer than rows that are sent together may.
    for _ in 0..300 {
        let mut odd = answer(StreamId::generate(), 1);
        odd.top = "a\0b".to_owned();
        journal.record(Record::Utterance(odd)).await.unwrap();
        recorded.extend(record_answers(&journal, 1).await);
    }
    let batch_timeout = Duration::from_millis(200);
    let _shipper = ship_within(&journal, &postgres, batch_timeout);
    shipped(&journal).await;
    assert_eq!(arrived(&postgres).await, recorded);
    let status = journal.status().borrow().clone();
    assert_eq!((status.set_aside_rows, status.shipped_rows), (300, 300));
}

#[tokio::test]
async fn a_postgres_that_is_too_slow_for_a_whole_batch_gets_smaller_ones() {
    let postgres = PrivatePostgres::start();
    // As its statement_timeout would, it cancels what would take too long; it notes how many answers came together.
    let body = "if (select count(*) from arrived) > 300 then \
                raise exception 'canceling statement due to statement timeout' using errcode = '57014'; end if; \
                insert into seen select count(*)::text from arrived; return null;";
    let how = "referencing new table as arrived";
    let mut connection = with_trigger(&postgres, body, "after insert", how).await;
    let folder = folder();
    let journal = open(folder.path()).await;
    let recorded = record_answers(&journal, 2_000).await;
    let _shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    assert_eq!(arrived(&postgres).await, recorded);
    let together: Vec<String> =
        sqlx::query_scalar("select what from seen").fetch_all(&mut connection).await.unwrap();
    let together: Vec<u32> = together.iter().map(|rows| rows.parse().unwrap()).collect();
    assert!(together.iter().all(|rows| *rows <= 300), "{together:?}");
    assert_eq!(together.iter().sum::<u32>(), 2_000, "{together:?}");
}

#[tokio::test]
async fn no_answer_gets_to_postgres_before_its_stream() {
    let postgres = PrivatePostgres::start();
    let body = "if not exists (select from streams where id = new.stream_id) then \
                insert into seen values (new.id::text); end if; return new;";
    let mut connection = with_trigger(&postgres, body, "before insert", "for each row").await;
    let folder = folder();
    let journal = open(folder.path()).await;
    // Changes of streams without answers stand before those of streams that have some.
    for answers in [0, 0, 0, 0, 2, 2] {
        let stream = StreamId::generate();
        journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
        for utterance in 1..=answers {
            journal.record(Record::Utterance(answer(stream, utterance))).await.unwrap();
        }
        journal.record(Record::StreamEnded(closing(stream, answers))).await.unwrap();
    }
    let options = ShipperOptions { batch_rows: 1, ..ShipperOptions::default() };
    Shipper::start_with(&journal, url(&postgres), options).stop().await;
    assert_eq!(journal.status().borrow().pending_rows, 0);
    let counts: (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from seen), (select count(*) from streams), (select count(*) from predictions)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(counts, (0, 6, 4));
}

#[tokio::test]
async fn what_left_the_journal_is_on_the_disk_of_postgres_whatever_its_usual_rule() {
    let postgres = PrivatePostgres::start();
    let body = "insert into seen values (current_setting('synchronous_commit')); return new;";
    let mut connection = with_trigger(&postgres, body, "before insert", "for each row").await;
    let off = "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$";
    sqlx::query(off).execute(&mut connection).await.unwrap();
    let folder = folder();
    let journal = open(folder.path()).await;
    record_answers(&journal, 1).await;
    ship(&journal, &postgres).stop().await;
    let rules: Vec<String> =
        sqlx::query_scalar("select what from seen").fetch_all(&mut connection).await.unwrap();
    assert_eq!(rules, ["on"]);
}

#[tokio::test]
async fn stopping_ships_what_is_left() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let shipper = ship(&journal, &postgres);
    let recorded = record_answers(&journal, 100).await;
    shipper.stop().await;
    assert_eq!(journal.status().borrow().pending_rows, 0);
    journal.close().await;
    assert_eq!(arrived(&postgres).await, recorded);
}

#[tokio::test]
async fn an_unreachable_postgres_is_named_without_its_password_and_recording_goes_on() {
    let folder = folder();
    let journal = open(folder.path()).await;
    // Nothing listens on port 1.
    let url: PostgresUrl = "postgres://ann:s3cret@127.0.0.1:1/speech".parse().unwrap();
    let shipper = Shipper::start(&journal, url);
    let mut status = shipper.status();
    let status = status.wait_for(|status| status.last_error.is_some()).await.unwrap().clone();
    let sentence = status.last_error.unwrap();
    assert!(sentence.contains("127.0.0.1:1, database speech"), "{sentence}");
    assert!(!sentence.contains("s3cret") && !sentence.contains('\n'), "{sentence}");
    record_answers(&journal, 1).await;
    shipper.stop().await;
    assert_eq!(journal.status().borrow().pending_rows, 1);
}

/// Has Postgres run `body` when answers come in; it may note things in the table `seen`.
async fn with_trigger(postgres: &PrivatePostgres, body: &str, when: &str, how: &str) -> PgConnection {
    undertone_store::migrate(&undertone_store::Database::Postgres(url(postgres))).await.unwrap();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    for statement in [
        "create table seen (what text)".to_owned(),
        format!("create function look() returns trigger language plpgsql as $$ begin {body} end $$"),
        format!("create trigger look {when} on predictions {how} execute function look()"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
    connection
}

async fn record_answers(journal: &Journal, answers: u32) -> HashSet<PredictionId> {
    let stream = StreamId::generate();
    let answers: Vec<_> = (1..=answers).map(|utterance| answer(stream, utterance)).collect();
    let ids = answers.iter().map(|answer| answer.prediction_id).collect();
    let waiting: Vec<_> =
        answers.into_iter().map(|answer| journal.record(Record::Utterance(answer))).collect();
    for record in waiting {
        record.await.unwrap();
    }
    ids
}

/// The predictions in Postgres; each once, or this panics.
async fn arrived(postgres: &PrivatePostgres) -> HashSet<PredictionId> {
    let rows = reader(postgres).await.recent_predictions(u32::MAX).await.unwrap();
    let ids: HashSet<_> = rows.iter().map(|row| row.prediction_id).collect();
    assert_eq!(ids.len(), rows.len());
    ids
}
