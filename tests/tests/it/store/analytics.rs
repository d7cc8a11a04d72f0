//! Questions of dashboards: the same answers from rollups, rows and journal, and never by reading whole tables.

use super::bed::{folder, open, ship, shipped, url};
use sqlx::{Connection, PgConnection};
use undertone_core::{PredictionId, Record, Recorder, Role, StreamId, UnixMicros};
use undertone_store::{
    Analytics, AnalyticsFilter, AnalyticsLimits, AnalyticsQuery, Database, Grouping, Measure, Step,
    StoreError, migrate,
};
use undertone_tests::{PrivatePostgres, answer, opening};

const FROM: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

/// Rows of some hours: 60 streams of two models, every third one of the subject and label that are asked for, each with
/// answers of both models.
async fn recorded(journal: &undertone_store::Journal) {
    for number in 0..60_u32 {
        let stream = StreamId::generate();
        let mut opened = opening(stream);
        opened.subject_key = Some(["ann", "ben", "cem"][(number % 3) as usize].to_owned());
        opened.labels.insert("team.a\"b".to_owned(), ["red", "blue"][(number % 2) as usize].to_owned());
        journal.record(Record::StreamOpened(opened)).await.unwrap();
        for utterance in 1..=6 {
            for role in [Role::Live, Role::Shadow] {
                let mut answer = answer(stream, utterance);
                if role == Role::Live {
                    answer.prediction_id = PredictionId::of_final(stream, utterance);
                }
                answer.created_at = UnixMicros(FROM + i64::from(number) * 400_000_000 + i64::from(utterance));
                answer.model.name = if role == Role::Live { "cnn" } else { "lstm" }.to_owned();
                answer.role = role;
                answer.top = ["calm", "happy", "sad"]
                    [((utterance + u32::from(role == Role::Shadow)) % 3) as usize]
                    .to_owned();
                answer.confidence = (number % 20) as f32 / 20.0 + 0.02;
                answer.abstained = number.is_multiple_of(5);
                answer.time_parts.inference = std::time::Duration::from_micros(u64::from(number) * 37);
                answer.is_final = utterance != 6;
                journal.record(Record::Utterance(answer)).await.unwrap();
            }
        }
    }
}

fn questions() -> Vec<AnalyticsQuery> {
    let all = AnalyticsQuery {
        from: UnixMicros(FROM),
        to: UnixMicros(FROM + 5 * HOUR),
        step: Step::Hour,
        filter: AnalyticsFilter::default(),
        grouping: Grouping::default(),
    };
    let by = |filter: AnalyticsFilter, step| AnalyticsQuery {
        filter,
        step,
        grouping: Grouping { model: true, version: true, arm: true, role: true },
        ..all.clone()
    };
    let subject = Some("ann".to_owned());
    let tenant = Some("default".to_owned());
    let label = Some(("team.a\"b".to_owned(), "red".to_owned()));
    vec![
        all.clone(),
        by(AnalyticsFilter::default(), Step::Minute),
        by(
            AnalyticsFilter {
                models: vec!["cnn".to_owned(), "none".to_owned()],
                ..AnalyticsFilter::default()
            },
            Step::Day,
        ),
        by(
            AnalyticsFilter {
                role: Some(Role::Shadow),
                arms: vec![String::new()],
                ..AnalyticsFilter::default()
            },
            Step::Hour,
        ),
        by(AnalyticsFilter { versions: vec!["0".to_owned()], ..AnalyticsFilter::default() }, Step::Hour),
        by(AnalyticsFilter { subject: subject.clone(), ..AnalyticsFilter::default() }, Step::Hour),
        by(AnalyticsFilter { label: label.clone(), ..AnalyticsFilter::default() }, Step::Minute),
        by(
            AnalyticsFilter {
                subject,
                label,
                tenant: tenant.clone(),
                role: Some(Role::Live),
                ..AnalyticsFilter::default()
            },
            Step::Hour,
        ),
        by(AnalyticsFilter { tenant, ..AnalyticsFilter::default() }, Step::Hour),
        by(AnalyticsFilter { tenant: Some("other".to_owned()), ..AnalyticsFilter::default() }, Step::Hour),
    ]
}

#[tokio::test]
async fn rollups_rows_and_journal_give_the_same_answers() {
    let postgres = PrivatePostgres::start();
    let folder = folder();
    let journal = open(folder.path()).await;
    let _shipper = ship(&journal, &postgres);
    recorded(&journal).await;
    shipped(&journal).await;
    let limits = AnalyticsLimits::default();
    let (there, here) =
        (Analytics::of_postgres(&url(&postgres), limits), Analytics::of_journal(journal.reader(), limits));
    let mut answers = Vec::new();
    for query in questions() {
        let tops = there.tops(&query).await.unwrap();
        assert_eq!(tops, here.tops(&query).await.unwrap(), "{query:?}");
        for measure in [Measure::Confidence, Measure::Queue, Measure::Features, Measure::Inference] {
            let bins = there.bins(&query, measure).await.unwrap();
            assert_eq!(bins, here.bins(&query, measure).await.unwrap(), "{measure:?} {query:?}");
            assert_eq!(
                bins.iter().map(|row| row.answers).sum::<i64>(),
                tops.iter().map(|row| row.answers).sum::<i64>()
            );
        }
        answers.push(tops.iter().map(|row| row.answers).sum::<i64>());
        assert_eq!(there.agreement(&query).await.unwrap(), here.agreement(&query).await.unwrap());
    }
    // The whole range but what lies in the bucket that is left out; a day ends before it begins to count.
    assert!(answers[0] > 0 && answers[5] > 0 && answers[6] > 0 && answers[7] > 0, "{answers:?}");
    assert_eq!((answers[4], answers[9]), (0, 0));
    assert_eq!(answers[8], answers[0]);
    let agreement = there.agreement(&questions()[0]).await.unwrap();
    assert!(agreement.iter().all(|row| (row.left_name.as_str(), row.right_name.as_str()) == ("cnn", "lstm")));
    assert!(!agreement.is_empty());
}

#[tokio::test]
async fn an_answer_of_too_many_rows_is_refused() {
    let folder = folder();
    let journal = open(folder.path()).await;
    recorded(&journal).await;
    let limits = AnalyticsLimits { rows: 10, ..AnalyticsLimits::default() };
    let error = Analytics::of_journal(journal.reader(), limits).tops(&questions()[0]).await.unwrap_err();
    assert!(matches!(error, StoreError::TooMuch { rows: 10 }), "{error}");
}

/// As many rows of today as a planner takes seriously, as a server would have shipped them.
const SEED: [&str; 5] = [
    "select make_partition(parent, now(), '1 day') from (values ('streams'), ('predictions')) as p (parent)",
    "insert into streams select overlay(first_id_at(now())::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, now(), 'default', \
     'subject ' || n, 'cnn', '1', 'LINEAR16', 16000, jsonb_build_object('team.a\"b', 'team ' || n % 500) from generate_series(1, 10000) as n",
    "insert into predictions (id, stream_id, utterance, created_at, model_name, model_version, role, is_final, start_samples, end_samples, \
     labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros) \
     select overlay(first_id_at(now())::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, \
     overlay(first_id_at(now())::text placing lpad(to_hex(1 + n / 6), 12, '0') from 25)::uuid, n % 6, now() - n * interval '1 second', \
     'cnn', '1', 'live', true, 0, 100, '{calm}', '{1}', 'calm', 1, false, 1, 2, 3 from generate_series(1, 60000) as n",
    "insert into rollups select 'minute', date_bin('1 minute', now() - n * interval '1 minute', 'epoch'), 'cnn', '1', '', 'live', 'calm', 1, 0, 0, 0, 0, 0, 0 \
     from generate_series(1, 40000) as n",
    "insert into rollup_bins select level, bucket, model_name, model_version, arm, role, 'confidence', bin, 1 from rollups, generate_series(1, 3) as bin",
];

#[tokio::test]
async fn no_question_reads_a_table_of_predictions_from_end_to_end() {
    let postgres = PrivatePostgres::start();
    migrate(&Database::Postgres(url(&postgres))).await.unwrap();
    let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for statement in SEED {
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    sqlx::query("analyze").execute(&mut connection).await.unwrap();
    let now: i64 = sqlx::query_scalar("select (extract(epoch from now()) * 1000000)::bigint")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let store = Analytics::of_postgres(
        &url(&postgres),
        AnalyticsLimits { rows: 1_000, ..AnalyticsLimits::default() },
    );
    for mut query in questions() {
        query.to = UnixMicros(now);
        query.from = UnixMicros(now - HOUR);
        for plan in store.plans(&query).await.unwrap() {
            assert!(plan.contains("Index"), "{plan}");
            for table in scanned(&plan) {
                // Reading an empty partition is nothing.
                let rows = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
                let rows: i64 = sqlx::query_scalar(rows).fetch_one(&mut connection).await.unwrap();
                assert_eq!(rows, 0, "{table} in {plan}");
            }
        }
    }
}

/// Tables of answers that a plan reads from end to end. Streams are few beside them.
fn scanned(plan: &str) -> impl Iterator<Item = &str> {
    let tables = plan.split("Seq Scan on ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    tables.filter(|table| !table.starts_with("streams"))
}
