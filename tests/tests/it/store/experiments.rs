//! Experiments, exposures and feedback in both databases.

use super::bed::{Bed, Kind, url};
use serde_json::json;
use tempfile::TempDir;
use undertone_core::{PredictionId, Record, Role, SampleRange, StreamId, UnixMicros, UtteranceRecord};
use undertone_store::{
    EvidenceQuery, ExperimentKey, ExperimentRow, ExperimentStore, Exposure, FeedbackAbout, FeedbackRow,
    FeedbackVerdict, Journal, JournalOptions, JudgedAnswer, Put, Reading, Reason,
};
use undertone_tests::{answer, opening};

const NOW: UnixMicros = UnixMicros(1_790_000_000_123_456);
const TRIAL: ExperimentKey<'_> = ExperimentKey { tenant: "default", name: "trial" };
const OF_TRIAL: EvidenceQuery<'_> =
    EvidenceQuery { tenant: "default", prefix: "trial/", limit: 10, first: Reading::Oldest };

fn row(revision: u64, state: &str) -> ExperimentRow {
    ExperimentRow {
        tenant: "default".into(),
        name: "trial".into(),
        revision,
        state: state.into(),
        layer: Some("models".into()),
        unit: "subject".into(),
        definition: json!({ "name": "trial", "revision": revision }),
        progress: json!({ "runs": [[10_000, 0]] }),
        updated_at: NOW,
    }
}

fn reason(what: &str) -> Reason {
    Reason { who: "ann".into(), what: what.into(), why: "to see".into() }
}

fn exposure(unit: &str, arm: &str, forced: bool, at: i64) -> Exposure {
    Exposure {
        tenant: "default".into(),
        experiment: "trial".into(),
        unit: unit.into(),
        forced,
        arm: arm.into(),
        share: 0.25,
        revision: 7,
        stream_id: StreamId::generate(),
        at: UnixMicros(NOW.0 + at),
    }
}

fn feedback(about: FeedbackAbout, label: &str, said: i64) -> FeedbackRow {
    FeedbackRow {
        tenant: "default".into(),
        id: PredictionId::generate().uuid(),
        about,
        verdict: FeedbackVerdict::Label(label.into()),
        source: "customer".into(),
        said_at: UnixMicros(NOW.0 + said),
        received_at: NOW,
    }
}

async fn store(bed: &Bed) -> ExperimentStore {
    let folder = bed.journal.path().parent().unwrap();
    ExperimentStore::open(folder, bed.postgres().map(url)).await.unwrap()
}

async fn revisions_follow_each_other(kind: Kind) {
    let bed = Bed::of(kind).await;
    let store = store(&bed).await;
    assert_eq!(store.put(&row(1, "draft"), &reason("create")).await.unwrap(), Put::Done);
    assert_eq!(store.put(&row(1, "draft"), &reason("create")).await.unwrap(), Put::Stale);
    assert_eq!(store.put(&row(3, "running"), &reason("start")).await.unwrap(), Put::Stale);
    assert_eq!(store.put(&row(2, "running"), &reason("start")).await.unwrap(), Put::Done);
    assert_eq!(store.experiments().await.unwrap(), [row(2, "running")]);
    assert_eq!(store.known().await.unwrap(), [row(2, "running")], "a copy lies here");
    let history = store.history(TRIAL).await.unwrap();
    let told: Vec<(u64, &str, &str)> =
        history.iter().map(|own| (own.revision, own.reason.what.as_str(), own.state.as_str())).collect();
    assert_eq!(told, [(1, "create", "draft"), (2, "start", "running")]);
    assert_eq!((history[0].at, &history[0].definition), (NOW, &row(1, "draft").definition));
}

async fn a_unit_is_exposed_once(kind: Kind) {
    let bed = Bed::of(kind).await;
    let store = store(&bed).await;
    let all = [exposure("ann", "a", false, 0), exposure("ann", "b", false, 1), exposure("ann", "b", true, 2)];
    assert_eq!(store.expose(&all).await.unwrap(), 2);
    assert_eq!(store.expose(&[exposure("ben", "b", false, 3), all[0].clone()]).await.unwrap(), 1);
    while store.ship().await.unwrap() > 0 {}
    let kept = store.exposures(TRIAL, 10).await.unwrap();
    assert_eq!(kept[..2], [all[0].clone(), all[2].clone()]);
    let counts = store.exposure_counts(TRIAL, &[NOW.0 - 5, NOW.0 + 1]).await.unwrap();
    let counts: Vec<_> =
        counts.iter().map(|own| (own.period, own.arm.as_str(), own.origin.as_str(), own.units)).collect();
    assert_eq!(counts, [(1, "a", "drawn", 1), (2, "b", "drawn", 1), (2, "b", "forced", 1)]);
    assert!(store.exposures(ExperimentKey { name: "other", ..TRIAL }, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn of_two_servers_that_heard_a_unit_the_first_exposed_it_whichever_tells_so_first() {
    let bed = Bed::of(Kind::Postgres).await;
    let other = TempDir::new().unwrap();
    drop(Journal::open(other.path(), JournalOptions::default()).await.unwrap());
    let first = store(&bed).await;
    let second = ExperimentStore::open(other.path(), bed.postgres().map(url)).await.unwrap();
    let [early, late] = [exposure("ann", "a", false, 0), exposure("ann", "b", false, 1)];
    for (store, told) in [(&second, &late), (&first, &early), (&second, &late)] {
        store.expose(std::slice::from_ref(told)).await.unwrap();
        while store.ship().await.unwrap() > 0 {}
    }
    assert_eq!(first.exposures(TRIAL, 10).await.unwrap(), [early]);
}

/// The answers of two models about a stream's utterances.
fn answers(stream: StreamId) -> Vec<UtteranceRecord> {
    let of = |number, role, arm: &str| UtteranceRecord {
        role,
        arm: Some(arm.to_owned()),
        ..answer(stream, number)
    };
    let both = |number| [of(number, Role::Live, "trial/a"), of(number, Role::Shadow, "trial/b")];
    (1..=2).flat_map(both).collect()
}

async fn what_was_said_last_about_audio_holds_for_all_answers_about_it(kind: Kind) {
    let bed = Bed::of(kind).await;
    let store = store(&bed).await;
    let stream = StreamId::generate();
    let answers = answers(stream);
    let other = UtteranceRecord { arm: Some("trialling/a".into()), ..answer(stream, 3) };
    let mut opened = opening(stream);
    opened.subject_key = Some("ann".into());
    let opened_at = opened.opened_at;
    let records = answers.iter().chain([&other]).cloned().map(Record::Utterance);
    bed.record([Record::StreamOpened(opened)].into_iter().chain(records)).await;
    let first = FeedbackAbout::Prediction(answers[0].prediction_id);
    let all = FeedbackAbout::Interval(stream, SampleRange { start: 0, end: 1_000_000 });
    let said = [feedback(first, "sad", 5), feedback(first, "calm", 1), feedback(all, "happy", 3)];
    assert_eq!(store.give_feedback(&said).await.unwrap(), 3);
    assert_eq!(store.give_feedback(&said[..2]).await.unwrap(), 0);
    while store.ship().await.unwrap() > 0 {}
    let evidence = store.evidence(EvidenceQuery { limit: 10, ..OF_TRIAL }).await.unwrap();
    assert_eq!((evidence.answers.len(), evidence.feedback, evidence.left_out), (4, 3, 0));
    let label = |number, role| {
        let own = evidence.answers.iter().find(|own| own.utterance == number && own.role == role).unwrap();
        let Some((FeedbackVerdict::Label(label), at)) = &own.verdict else { panic!("{own:?}") };
        assert_eq!((own.subject.as_str(), own.labels.len()), ("ann", 3));
        (label.clone(), at.0 - NOW.0, own.own_verdict)
    };
    assert_eq!(label(1, Role::Live), ("sad".to_owned(), 5, true));
    assert_eq!(label(1, Role::Shadow), ("sad".to_owned(), 5, false));
    assert_eq!(label(2, Role::Live), ("happy".to_owned(), 3, false));
    assert!(evidence.answers.iter().all(|own| own.opened_at == opened_at));
    for first in [Reading::Oldest, Reading::Newest] {
        let cut = store.evidence(EvidenceQuery { limit: 3, first, ..OF_TRIAL }).await.unwrap();
        let part = if first == Reading::Oldest { &evidence.answers[..3] } else { &evidence.answers[1..] };
        let ids = |answers: &[JudgedAnswer]| answers.iter().map(|own| own.prediction_id).collect::<Vec<_>>();
        assert_eq!((cut.left_out, ids(&cut.answers)), (1, ids(part)), "{first:?}");
    }
}

async fn tenants_share_nothing_but_names(kind: Kind) {
    let bed = Bed::of(kind).await;
    let store = store(&bed).await;
    let (mut own, mut others) = (row(1, "draft"), row(1, "draft"));
    others.tenant = "acme".into();
    own.state = "running".into();
    for written in [&own, &others] {
        assert_eq!(store.put(written, &reason("create")).await.unwrap(), Put::Done);
    }
    let mut next = row(2, "decided");
    next.tenant = "acme".into();
    assert_eq!(store.put(&next, &reason("stop")).await.unwrap(), Put::Done);
    assert_eq!(store.experiments().await.unwrap(), [next.clone(), own.clone()]);
    assert_eq!(store.known().await.unwrap(), [next, own]);
    let acme = ExperimentKey { tenant: "acme", ..TRIAL };
    let revisions = [store.history(TRIAL).await.unwrap().len(), store.history(acme).await.unwrap().len()];
    assert_eq!(revisions, [1, 2]);

    let exposed = exposure("ann", "a", false, 0);
    let theirs = Exposure { tenant: "acme".into(), arm: "b".into(), ..exposed.clone() };
    assert_eq!(store.expose(&[exposed.clone(), theirs.clone()]).await.unwrap(), 2, "one key is two subjects");
    let stream = StreamId::generate();
    let mut answers = answers(stream);
    answers.iter_mut().for_each(|own| own.tenant = "acme".into());
    let mut opened = opening(stream);
    (opened.tenant, opened.subject_key) = ("acme".into(), Some("ann".into()));
    let records = answers.iter().cloned().map(Record::Utterance);
    bed.record([Record::StreamOpened(opened)].into_iter().chain(records)).await;
    let about = FeedbackAbout::Prediction(answers[0].prediction_id);
    let said = feedback(about, "sad", 5);
    let interval = FeedbackAbout::Interval(stream, SampleRange { start: 0, end: 1_000_000 });
    let right = FeedbackRow { tenant: "acme".into(), ..said.clone() };
    assert_eq!(store.give_feedback(&[said, feedback(interval, "calm", 9)]).await.unwrap(), 2);
    assert_eq!(store.give_feedback(&[right]).await.unwrap(), 1, "identifiers are a tenant's own");
    while store.ship().await.unwrap() > 0 {}

    assert_eq!(store.exposures(TRIAL, 10).await.unwrap(), [exposed]);
    assert_eq!(store.exposures(acme, 10).await.unwrap(), [theirs]);
    let arms = |counts: Vec<undertone_store::ExposureCount>| {
        counts.into_iter().map(|own| own.arm).collect::<Vec<_>>()
    };
    assert_eq!(arms(store.exposure_counts(TRIAL, &[]).await.unwrap()), ["a"]);
    assert_eq!(arms(store.exposure_counts(acme, &[]).await.unwrap()), ["b"]);
    let nothing = store.evidence(OF_TRIAL).await.unwrap();
    assert!(
        nothing.answers.is_empty() && nothing.feedback == 0,
        "what is another tenant's is as if it was not there"
    );
    let evidence = store.evidence(EvidenceQuery { tenant: "acme", ..OF_TRIAL }).await.unwrap();
    assert_eq!((evidence.answers.len(), evidence.feedback), (4, 1));
    let judged = evidence.answers.iter().filter_map(|own| own.verdict.clone());
    assert!(
        judged.clone().count() == 2
            && judged.clone().all(|(own, _)| own == FeedbackVerdict::Label("sad".into()))
    );
}

async fn what_was_known_before_is_of_answers_before_the_exposure(kind: Kind) {
    let bed = Bed::of(kind).await;
    let store = store(&bed).await;
    let mut records = Vec::new();
    let mut ids = Vec::new();
    let streams = [(); 4].map(|()| StreamId::generate());
    let parts =
        [("default", 4, None), ("acme", 2, None), ("default", 1, Some("trial/a")), ("default", 1, None)];
    for ((tenant, count, arm), stream) in parts.into_iter().zip(streams) {
        let mut opened = opening(stream);
        (opened.tenant, opened.subject_key) = (tenant.into(), Some("ann".into()));
        records.push(Record::StreamOpened(opened));
        for number in 1..=count {
            let mut answer = answer(stream, number);
            answer.created_at = UnixMicros(NOW.0 + i64::from(number));
            answer.arm = arm.map(str::to_owned);
            answer.tenant = tenant.to_owned();
            ids.push(answer.prediction_id);
            records.push(Record::Utterance(answer));
        }
    }
    bed.record(records).await;
    // After the second answer and in front of the third; the third stream has answers of the experiment, and the fourth
    // is the one that exposed the subject.
    let exposed = Exposure { stream_id: streams[3], ..exposure("ann", "a", false, 3) };
    store.expose(&[exposed, exposure("ben", "b", false, 3)]).await.unwrap();
    let about = |place: usize| FeedbackAbout::Prediction(ids[place]);
    let said = [feedback(about(0), "sad", 1), feedback(about(0), "happy", 2), feedback(about(2), "sad", 1)];
    let others = FeedbackRow { tenant: "acme".into(), ..feedback(about(1), "happy", 3) };
    store.give_feedback(&[said.as_slice(), &[others]].concat()).await.unwrap();
    while store.ship().await.unwrap() > 0 {}
    let past = store.past(TRIAL).await.unwrap();
    let [own] = past.as_slice() else { panic!("{past:?}") };
    assert_eq!((own.unit.as_str(), own.answers, own.judged, own.right_ones), ("ann", 2, 1, 1));
    assert!((own.confidence - 0.7).abs() < 1e-6, "{own:?}");
}

macro_rules! in_both {
    ($($rule:ident: $journal:ident, $postgres:ident;)*) => {$(
        #[tokio::test]
        async fn $journal() {
            $rule(Kind::Journal).await;
        }

        #[tokio::test]
        async fn $postgres() {
            $rule(Kind::Postgres).await;
        }
    )*};
}

in_both! {
    tenants_share_nothing_but_names: tenants_share_nothing_but_names_in_the_journal, tenants_share_nothing_but_names_in_postgres;
    what_was_known_before_is_of_answers_before_the_exposure:
        what_was_known_before_is_told_from_the_journal, what_was_known_before_is_told_from_postgres;
    revisions_follow_each_other: revisions_follow_each_other_in_the_journal, revisions_follow_each_other_in_postgres;
    a_unit_is_exposed_once: a_unit_is_exposed_once_in_the_journal, a_unit_is_exposed_once_in_postgres;
    what_was_said_last_about_audio_holds_for_all_answers_about_it:
        what_was_said_last_holds_in_the_journal, what_was_said_last_holds_in_postgres;
}

#[tokio::test]
async fn exposures_and_feedback_of_an_outage_arrive_afterwards() {
    let bed = Bed::of(Kind::Postgres).await;
    let store = store(&bed).await;
    store.put(&row(1, "draft"), &reason("create")).await.map(drop).unwrap();
    store.experiments().await.unwrap();
    let postgres = bed.postgres().unwrap();
    postgres.stop();
    assert_eq!(store.expose(&[exposure("ann", "a", false, 0)]).await.unwrap(), 1);
    let about = FeedbackAbout::Prediction(PredictionId::generate());
    assert_eq!(store.give_feedback(&[feedback(about, "sad", 0)]).await.unwrap(), 1);
    assert!(store.ship().await.is_err() && store.experiments().await.is_err());
    assert!(store.put(&row(2, "running"), &reason("start")).await.is_err());
    assert_eq!(store.known().await.unwrap(), [row(1, "draft")]);
    postgres.restart();
    assert_eq!(store.ship().await.unwrap(), 2);
    assert_eq!(store.ship().await.unwrap(), 0);
    assert_eq!(store.exposures(TRIAL, 10).await.unwrap().len(), 1);
}
