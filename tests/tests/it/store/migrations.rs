//! Migrations, forth and back.

use super::bed::{folder, open, url};
use sqlx::{Connection, PgConnection, SqliteConnection};
use undertone_store::{Database, StoreError, migrate, migrate_to, revert_to};
use undertone_tests::PrivatePostgres;

const FIRST: i64 = 1;
/// A stream and three answers as the first version of the tables held them. The second answer has not been shipped.
const OLD_JOURNAL: &str = "insert into streams (id, opened_at_micros, tenant, subject_key, model_name, model_version, encoding, sample_rate_hz, labels) \
     values ('019a0000-0000-7000-8000-000000000001', 1760000000000000, 'default', 'ann', 'm', '1', 'LINEAR16', 16000, '{}'); \
     insert into predictions select '019a0000-0000-7000-8000-00000000000' || value, '019a0000-0000-7000-8000-000000000001', value, \
     1760000000000000, 'm', '1', null, 'live', 1, 0, 100, '[\"calm\"]', '[1.0]', 'calm', 1.0, 0, 1, 2, 3 from (select 2 as value union all select 3 union all select 4); \
     insert into outbox (kind, id) values ('stream', '019a0000-0000-7000-8000-000000000001'), \
     ('prediction', '019a0000-0000-7000-8000-000000000003')";
const OLD_POSTGRES: &str = "insert into streams values ('019a0000-0000-7000-8000-000000000001', now(), 'default', 'ann', 'm', '1', 'LINEAR16', 16000, '{}'); \
     insert into predictions (id, stream_id, utterance, created_at, model_name, model_version, role, is_final, start_samples, end_samples, labels, \
     probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros) \
     select id::uuid, '019a0000-0000-7000-8000-000000000001', 1, timestamptz '2026-01-02 03:04:05.678901+00', 'm', '1', 'live', true, 0, 100, '{calm,happy}', \
     '{0.75,0.25}', 'calm', 0.75, false, 1, 2, 3 from (values ('019a0000-0000-7000-8000-000000000002'), ('ffffffff-ffff-7fff-8fff-ffffffffffff'), \
     ('019aaaaa-0000-7000-8000-000000000003')) as ids (id)";
/// The last version whose answers did not know their tenant.
const BEFORE_TENANTS: i64 = 40;
/// Two streams of tenants, with four answers each, and four whose stream is not here, as that version held and counted them.
const TENANTS: &str = "insert into streams (id, opened_at, tenant, model_name, model_version, encoding, sample_rate_hz, labels) \
     select ('019a0000-0000-7000-8000-00000000000' || n)::uuid, now(), case n when 1 then 'acme' else 'default' end, 'm', '1', 'LINEAR16', 16000, '{}' \
     from generate_series(1, 2) n; \
     insert into predictions (id, stream_id, utterance, created_at, model_name, model_version, role, is_final, start_samples, end_samples, labels, \
     probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros) \
     select ('019a0000-0000-7000-8001-0000000000' || s || u)::uuid, ('019a0000-0000-7000-8000-00000000000' || s)::uuid, u, \
     timestamptz '2026-01-02 03:04:05+00', 'm', '1', 'live', true, 0, 100, '{calm}', '{1}', 'calm', 1, false, 1, 2, 3 \
     from generate_series(1, 3) s, generate_series(1, 4) u; \
     insert into rollups select level, date_trunc(level, timestamptz '2026-01-02 03:04:05+00', 'UTC'), 'm', '1', '', 'live', 'calm', 12, 0, 12000000, \
     1200, 12, 24, 36 from (values ('minute'), ('hour'), ('day')) levels (level); \
     insert into rollup_bins select level, date_trunc(level, timestamptz '2026-01-02 03:04:05+00', 'UTC'), 'm', '1', '', 'live', measure, bin, 12 \
     from (values ('minute'), ('hour'), ('day')) levels (level), (values ('confidence', 19::smallint), ('queue', 0::smallint), \
     ('features', 2::smallint), ('inference', 3::smallint)) bins (measure, bin)";
/// What all tenants together have.
const TOGETHER: &str = "select level, bucket, answers, confidence_micros, speech_samples, 'tops' as kind from rollups union all \
     select level, bucket, answers, bin, 0, measure from rollup_bins order by 1, 2, 6";
const ROWS: &str = "select md5(string_agg(p::text, ';' order by id)) from (select id, stream_id, utterance, created_at, model_name, model_version, arm, role, \
     is_final, start_samples, end_samples, start_seconds, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, \
     inference_micros from predictions) as p";

#[tokio::test]
async fn the_journal_migrates_up_down_and_up_again() {
    let folder = folder();
    up_down_up(&Database::Journal(folder.path().to_owned())).await;
    open(folder.path()).await;
}

#[tokio::test]
async fn postgres_migrates_up_down_and_up_again() {
    let postgres = PrivatePostgres::start();
    up_down_up(&Database::Postgres(url(&postgres))).await;
}

#[tokio::test]
async fn a_journal_of_the_first_layout_keeps_its_rows_and_what_it_still_has_to_ship() {
    let folder = folder();
    let database = Database::Journal(folder.path().to_owned());
    migrate_to(&database, FIRST).await.unwrap();
    let file = format!("sqlite://{}", folder.path().join("journal.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    sqlx::raw_sql(OLD_JOURNAL).execute(&mut connection).await.unwrap();
    let waiting = "select seq from predictions where seq > (select predictions_seq from shipped)";
    for _ in 0..2 {
        migrate(&database).await.unwrap();
        let numbers: Vec<i64> = sqlx::query_scalar("select utterance from predictions order by seq")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(numbers, [2, 4, 3], "the one that waits stands last");
        let waiting: Vec<i64> = sqlx::query_scalar(waiting).fetch_all(&mut connection).await.unwrap();
        assert_eq!(waiting, [3]);
        revert_to(&database, FIRST).await.unwrap();
        let outbox: Vec<(String, String)> =
            sqlx::query_as("select kind, substr(id, 36) from outbox order by seq")
                .fetch_all(&mut connection)
                .await
                .unwrap();
        assert_eq!(
            outbox,
            [("stream", "1"), ("prediction", "3")].map(|(kind, id)| (kind.to_owned(), id.to_owned()))
        );
        let predictions: i64 =
            sqlx::query_scalar("select count(*) from predictions").fetch_one(&mut connection).await.unwrap();
        assert_eq!(predictions, 3);
    }
    connection.close().await.unwrap();
    migrate(&database).await.unwrap();
    let journal = open(folder.path()).await;
    // The stream was left open, so its end waits as well.
    assert_eq!(journal.status().borrow().pending_rows, 3);
    assert_eq!(journal.recent_predictions(9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_postgres_of_the_first_layout_keeps_its_rows_and_they_are_in_the_rollups() {
    let postgres = PrivatePostgres::start();
    let database = Database::Postgres(url(&postgres));
    migrate_to(&database, FIRST).await.unwrap();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    sqlx::raw_sql(OLD_POSTGRES).execute(&mut connection).await.unwrap();
    let old: String = sqlx::query_scalar(ROWS).fetch_one(&mut connection).await.unwrap();
    for _ in 0..2 {
        migrate(&database).await.unwrap();
        let new: String = sqlx::query_scalar(ROWS).fetch_one(&mut connection).await.unwrap();
        assert_eq!(new, old);
        let rollup: (i64, i64) = sqlx::query_as(
            "select answers, confidence_micros from rollups where level = 'hour' and top = 'calm'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(rollup, (3, 2_250_000));
        let streams: i64 =
            sqlx::query_scalar("select count(*) from streams").fetch_one(&mut connection).await.unwrap();
        assert_eq!(streams, 1);
        revert_to(&database, FIRST).await.unwrap();
        let back: String = sqlx::query_scalar(ROWS).fetch_one(&mut connection).await.unwrap();
        assert_eq!(back, old);
    }
}

#[tokio::test]
async fn old_answers_and_their_counts_get_the_tenant_of_their_stream_and_lose_it_again() {
    let postgres = PrivatePostgres::start();
    let database = Database::Postgres(url(&postgres));
    migrate_to(&database, BEFORE_TENANTS).await.unwrap();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    sqlx::raw_sql(TENANTS).execute(&mut connection).await.unwrap();
    let before = postgres.query(TOGETHER);
    for _ in 0..2 {
        migrate(&database).await.unwrap();
        assert_eq!(
            postgres.query("select tenant, count(*) from predictions group by 1 order by 1"),
            "acme|4\ndefault|8\n"
        );
        let kept = "select level, tenant, answers, speech_samples from rollups order by level, tenant";
        let expected =
            ["day", "hour", "minute"].map(|level| format!("{level}|acme|4|400\n{level}|default|8|800\n"));
        assert_eq!(postgres.query(kept), expected.concat());
        let bins =
            "select level, tenant, answers from rollup_bins where measure = 'queue' order by level, tenant";
        let expected = ["day", "hour", "minute"].map(|level| format!("{level}|acme|4\n{level}|default|8\n"));
        assert_eq!(postgres.query(bins), expected.concat());
        revert_to(&database, BEFORE_TENANTS).await.unwrap();
        assert_eq!(postgres.query(TOGETHER), before);
    }
}

#[tokio::test]
async fn old_answers_of_a_journal_get_the_tenant_of_their_stream() {
    let folder = folder();
    let database = Database::Journal(folder.path().to_owned());
    migrate_to(&database, FIRST).await.unwrap();
    let file = format!("sqlite://{}", folder.path().join("journal.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    sqlx::raw_sql(OLD_JOURNAL).execute(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "update streams set tenant = 'acme'; update predictions set stream_id = 'gone' where utterance = 4",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    for _ in 0..2 {
        migrate(&database).await.unwrap();
        let tenants: Vec<String> = sqlx::query_scalar("select tenant from predictions order by utterance")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(tenants, ["acme", "acme", "default"]);
        revert_to(&database, BEFORE_TENANTS).await.unwrap();
    }
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_tables_once() {
    let postgres = PrivatePostgres::start();
    let database = Database::Postgres(url(&postgres));
    let (a, b, c) = tokio::join!(migrate(&database), migrate(&database), migrate(&database));
    let changes: Vec<_> = [a, b, c].into_iter().flat_map(|report| report.unwrap().changed).collect();
    let once: std::collections::BTreeSet<&String> = changes.iter().collect();
    assert!(once.len() == changes.len() && changes[0] == "1 recording", "{changes:?}");
}

#[tokio::test]
async fn a_journal_in_use_is_not_migrated() {
    let folder = folder();
    let _journal = open(folder.path()).await;
    let error = revert_to(&Database::Journal(folder.path().to_owned()), 0).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

async fn up_down_up(database: &Database) {
    let up = migrate(database).await.unwrap();
    assert!(up.version > 1 && up.changed[0] == "1 recording", "{up}");
    let again = migrate(database).await.unwrap();
    assert!(again.changed.is_empty() && again.version == up.version, "{again}");
    let down = revert_to(database, 0).await.unwrap();
    assert_eq!((&down.changed, down.version), (&up.changed, 0));
    assert_eq!(migrate(database).await.unwrap(), up);
}
