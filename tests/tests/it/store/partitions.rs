//! Partitions: made for what comes, dropped by age.

use super::bed::{folder, open, ship, shipped, url};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use undertone_core::{Clock, PredictionId, Record, Recorder, StreamId, SystemClock, UnixMicros};
use undertone_store::{Journal, Keeping, Shipper, ShipperOptions, partitions, prune};
use undertone_tests::{PrivatePostgres, answer, opening};

pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// A stream that was opened so many days ago.
pub(super) fn old_stream(days: i64) -> StreamId {
    let right = StreamId::generate().uuid().as_u128();
    let millis = ((right >> 80) as i64 - days * 86_400_000) as u128;
    StreamId::from_uuid(uuid::Uuid::from_u128((millis << 80) | (right & ((1 << 80) - 1))))
}

async fn record(journal: &Journal, stream: StreamId) {
    journal.record(Record::StreamOpened(opening(stream))).await.unwrap();
    let mut answer = answer(stream, 1);
    answer.prediction_id = PredictionId::of_final(stream, 1);
    journal.record(Record::Utterance(answer)).await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(statement).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn late_rows_get_partitions_of_their_own_and_impossible_times_the_default_one() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    for days in [0, 1, 30, 3000, -3000] {
        record(&journal, old_stream(days)).await;
    }
    let _shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    assert_eq!(count(&mut connection, "predictions").await, 5);
    assert_eq!(count(&mut connection, "predictions_default").await, 2);
    // Today and three days ahead (and the day that the last hour of those may reach), yesterday, a month ago.
    let made = partitions(&url(&postgres)).await.unwrap();
    let made = made.iter().filter(|own| own.parent == "predictions" && !own.from_time.is_empty()).count();
    assert!((6..=7).contains(&made), "{made}");
}

#[tokio::test]
async fn a_partition_takes_over_what_lay_in_the_default_one() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let stream = old_stream(3000);
    record(&journal, stream).await;
    let _shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    assert_eq!(count(&mut connection, "predictions_default").await, 1);
    let make = "select make_partition(parent, time_of_id($1::uuid), '1 hour') from (values ('streams'), ('predictions')) as p (parent)";
    let made: Vec<bool> =
        sqlx::query_scalar(make).bind(stream.to_string()).fetch_all(&mut connection).await.unwrap();
    assert_eq!(made, [true, true]);
    let made: Vec<bool> =
        sqlx::query_scalar(make).bind(stream.to_string()).fetch_all(&mut connection).await.unwrap();
    assert_eq!(made, [false, false]);
    assert_eq!(count(&mut connection, "predictions_default").await, 0);
    assert_eq!(count(&mut connection, "predictions where start_seconds = 0 and end_seconds = 2").await, 1);
}

#[tokio::test]
async fn a_wider_partition_stops_at_its_neighbours() {
    let postgres = PrivatePostgres::start();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    undertone_store::migrate(&undertone_store::Database::Postgres(url(&postgres))).await.unwrap();
    let make = "select make_partition('predictions', $1::timestamptz, $2::interval)";
    for (at, width) in [
        ("2020-01-03 05:30+00", "1 hour"),
        ("2020-01-03 08:00+00", "1 day"),
        ("2020-01-03 03:00+00", "31 days"),
    ] {
        let made: bool =
            sqlx::query_scalar(make).bind(at).bind(width).fetch_one(&mut connection).await.unwrap();
        assert!(made, "{at}");
    }
    let spans = "select to_char(from_time at time zone 'UTC', 'DD HH24') || ' to ' || to_char(to_time at time zone 'UTC', 'DD HH24') from partitions order by from_time";
    let spans: Vec<String> = sqlx::query_scalar(spans).fetch_all(&mut connection).await.unwrap();
    assert_eq!(spans[1..], ["03 05 to 03 06", "03 06 to 04 00"]);
    assert!(spans[0].ends_with("to 03 05"), "{spans:?}");
}

#[tokio::test]
async fn what_is_older_than_the_retention_is_dropped_and_its_rollups_stay() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    for days in [0, 5, 50, 3000] {
        record(&journal, old_stream(days)).await;
    }
    let shipper = ship(&journal, &postgres);
    shipped(&journal).await;
    shipper.stop().await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let keeping = Keeping { retention: Some(10 * DAY), minutes: None, ..Keeping::default() };
    let pruned = prune(&url(&postgres), &keeping, &SystemClock).await.unwrap();
    assert_eq!((pruned.partitions.len(), pruned.rows), (2, 2), "{pruned:?}");
    assert_eq!(count(&mut connection, "predictions").await, 2);
    assert_eq!(count(&mut connection, "streams").await, 2);
    let counted: i64 = sqlx::query_scalar("select sum(answers)::bigint from rollups where level = 'day'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(counted, 4);
    assert!(prune(&url(&postgres), &keeping, &SystemClock).await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_arrive_while_somebody_reads_what_is_to_be_dropped() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    record(&journal, old_stream(50)).await;
    ship(&journal, &postgres).stop().await;
    let mut reading = PgConnection::connect(&postgres.url()).await.unwrap();
    sqlx::query("begin").execute(&mut reading).await.unwrap();
    assert_eq!(count(&mut reading, "predictions").await, 1);

    record(&journal, StreamId::generate()).await;
    let keeping = Keeping { retention: Some(10 * DAY), ..Keeping::default() };
    let options = ShipperOptions { keeping, ..ShipperOptions::default() };
    let shipper = Shipper::start_with(&journal, url(&postgres), options);
    tokio::time::timeout(Duration::from_secs(60), shipped(&journal))
        .await
        .expect("the reader is not waited for");
    let arrived = postgres.query("select count(*) from predictions");
    assert_eq!(arrived.trim(), "2", "what cannot be dropped stays");
    shipper.stop().await;

    sqlx::query("rollback").execute(&mut reading).await.unwrap();
    assert_eq!(prune(&url(&postgres), &keeping, &SystemClock).await.unwrap().partitions.len(), 1);
}

/// A clock that is a year ahead.
#[derive(Debug)]
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> UnixMicros {
        UnixMicros(SystemClock.now().0 + 365 * DAY.as_micros() as i64)
    }
}

#[tokio::test]
async fn a_server_whose_clock_is_ahead_drops_nothing_too_early() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    for days in [0, 5, 50] {
        record(&journal, old_stream(days)).await;
    }
    ship(&journal, &postgres).stop().await;
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let minutes = count(&mut connection, "rollups where level = 'minute'").await;
    let keeping = Keeping { retention: Some(10 * DAY), minutes: Some(100 * DAY), ..Keeping::default() };
    let pruned = prune(&url(&postgres), &keeping, &Ahead).await.unwrap();
    assert_eq!(
        (pruned.partitions.len(), pruned.rollups),
        (2, 0),
        "what is old by Postgres's clock: {pruned:?}"
    );
    assert_eq!(count(&mut connection, "predictions").await, 2);
    assert_eq!(count(&mut connection, "rollups where level = 'minute'").await, minutes);
}
