//! Questions of dashboards: the same answers from rollups, rows and journal, and never by reading whole tables.

use super::bed::{folder, open, ship, shipped, url};
use undertone_core::{Heard, InputMeasure, PredictionId, Record, Recorder, Role, StreamId, UnixMicros};
use undertone_store::{
    Analytics, AnalyticsFilter, AnalyticsLimits, AnalyticsQuery, Grouping, Measure, Step, StoreError,
};
use undertone_tests::{PrivatePostgres, answer, opening};

const FROM: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

/// Rows of some hours: 60 streams of two models, every third one of the subject and label that are asked for, each with
/// answers of both models; every fifth one of another tenant.
async fn recorded(journal: &undertone_store::Journal) {
    for number in 0..60_u32 {
        let stream = stream_at(FROM + i64::from(number) * 400_000_000);
        let mut opened = opening(stream);
        opened.tenant = tenant(number).to_owned();
        opened.subject_key = Some(["ann", "ben", "cem"][(number % 3) as usize].to_owned());
        opened.labels.insert("team.a\"b".to_owned(), ["red", "blue"][(number % 2) as usize].to_owned());
        journal.record(Record::StreamOpened(opened)).await.unwrap();
        for utterance in 1..=6 {
            for role in [Role::Live, Role::Shadow] {
                let mut answer = answer(stream, utterance);
                answer.prediction_id = match role {
                    Role::Live => PredictionId::of_final(stream, utterance),
                    Role::Shadow => PredictionId::of_shadow(stream, utterance, 1),
                };
                answer.created_at = UnixMicros(FROM + i64::from(number) * 400_000_000 + i64::from(utterance));
                answer.model.name = if role == Role::Live { "cnn" } else { "lstm" }.to_owned();
                answer.role = role;
                answer.tenant = tenant(number).to_owned();
                answer.top = ["calm", "happy", "sad"]
                    [((utterance + u32::from(role == Role::Shadow)) % 3) as usize]
                    .to_owned();
                answer.confidence = (number % 20) as f32 / 20.0 + 0.02;
                answer.abstained = number.is_multiple_of(5);
                answer.time_parts.inference = std::time::Duration::from_micros(u64::from(number) * 37);
                answer.is_final = utterance != 6;
                answer.heard = (utterance != 2).then(|| heard(number, utterance));
                journal.record(Record::Utterance(answer)).await.unwrap();
            }
        }
    }
}

fn tenant(number: u32) -> &'static str {
    if number % 5 == 2 { "acme" } else { "default" }
}

/// A stream that was opened then.
fn stream_at(micros: i64) -> StreamId {
    let random = StreamId::generate().uuid().as_u128() & ((1 << 80) - 1);
    StreamId::from_uuid(uuid::Uuid::from_u128(((micros / 1_000) as u128) << 80 | random))
}

fn heard(number: u32, utterance: u32) -> Heard {
    let figure = (number * utterance) as f32;
    Heard {
        level_dbfs: -90.0 + figure % 95.0,
        snr_db: figure % 70.0,
        speech_share: figure % 21.0 / 20.0,
        f0_hz: (!number.is_multiple_of(4)).then_some(40.0 + 4.7 * (figure % 130.0)),
    }
}

pub(super) fn questions() -> Vec<AnalyticsQuery> {
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
        by(AnalyticsFilter { tenant: Some("acme".to_owned()), ..AnalyticsFilter::default() }, Step::Minute),
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
        for measure in InputMeasure::ALL.map(Measure::Heard) {
            let bins = there.bins(&query, &[measure]).await.unwrap();
            assert_eq!(bins, here.bins(&query, &[measure]).await.unwrap(), "{measure:?} {query:?}");
            assert_eq!(bins.is_empty(), tops.is_empty(), "{measure:?} {query:?}");
        }
        let kept = [Measure::Confidence, Measure::Queue, Measure::Features, Measure::Inference];
        let together = there.bins(&query, &kept).await.unwrap();
        assert_eq!(together, here.bins(&query, &kept).await.unwrap(), "{query:?}");
        for measure in kept {
            let bins = there.bins(&query, &[measure]).await.unwrap();
            let among: Vec<_> = together.iter().filter(|row| row.measure == measure).cloned().collect();
            assert_eq!(bins, among, "{measure:?} {query:?}");
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
    assert_eq!((answers[4], answers[10]), (0, 0));
    assert!(answers[8] > answers[9] && answers[9] > 0, "{answers:?}");
    let all: i64 = there.tops(&questions()[1]).await.unwrap().iter().map(|row| row.answers).sum();
    let mut default = questions().swap_remove(9);
    default.filter.tenant = Some("default".to_owned());
    let own: i64 = there.tops(&default).await.unwrap().iter().map(|row| row.answers).sum();
    assert_eq!(answers[9] + own, all, "each answer is one tenant's");
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
