//! What hangs on rows that retention drops.

use super::bed::{folder, open, ship, url};
use super::partitions::{DAY, old_stream};
use std::collections::BTreeSet;
use undertone_core::{PredictionId, Record, Recorder, StreamId, SystemClock};
use undertone_store::{Journal, Keeping, erase_subject, prune};
use undertone_tests::{Columns, PrivatePostgres, answer, opening};

const KEY: &str = "the-key-of-ann";
/// For every stream: a judgement of its answer and one of an interval, a note that it was refused, and exposures of its
/// subject to an experiment that runs, one that is decided and one that is gone.
const HANGING: &str = r#"
insert into feedback (tenant, id, prediction_id, correct, source, said_at, received_at)
    select 'default', gen_random_uuid(), id, true, 'customer', now(), now() from predictions;
insert into feedback (tenant, id, stream_id, start_samples, end_samples, label, source, said_at, received_at)
    select 'default', gen_random_uuid(), id, 0, 16000, 'sad', 'customer', now(), now() from streams;
insert into refused_streams select id, 'default', 'a hash' from streams;
insert into experiments (tenant, name, revision, state, unit, definition, progress, updated_at)
    select 'default', state, 1, state, 'subject', '{}', '{}', now() from unnest(array['running', 'decided']) as state;
insert into exposures (tenant, experiment, unit, origin, arm, share, stream_id, at)
    select 'default', experiment, subject_key, 'drawn', 'a', 0.5, id, time_of_id(id)
    from streams, unnest(array['running', 'decided', 'gone']) as experiment;
"#;

async fn record(journal: &Journal, stream: StreamId, key: &str) -> [String; 3] {
    let mut opened = opening(stream);
    opened.subject_key = Some(key.to_owned());
    journal.record(Record::StreamOpened(opened)).await.unwrap();
    let mut answer = answer(stream, 1);
    answer.prediction_id = PredictionId::of_final(stream, 1);
    let prediction = answer.prediction_id.to_string();
    journal.record(Record::Utterance(answer)).await.unwrap();
    [stream.to_string(), prediction, key.to_owned()]
}

#[tokio::test]
async fn nothing_hangs_on_rows_that_retention_dropped_that_an_erasure_could_not_find() {
    let postgres = PrivatePostgres::start();
    let [folder, elsewhere] = [folder(), folder()];
    let journal = open(folder.path()).await;
    let old = record(&journal, old_stream(50), KEY).await;
    let young = record(&journal, old_stream(5), "the-key-of-ben").await;
    ship(&journal, &postgres).stop().await;
    postgres.query(HANGING);
    let young_before = Columns::of_postgres(&postgres, &young).await.unwrap().holding;

    let keeping = Keeping { retention: Some(10 * DAY), minutes: None, ..Keeping::default() };
    let pruned = prune(&url(&postgres), &keeping, &SystemClock).await.unwrap();
    assert_eq!((pruned.partitions.len(), pruned.beside), (2, 5), "{pruned:?}");
    let running = ["exposures.stream_id", "exposures.unit"].map(str::to_owned);
    assert_eq!(Columns::of_postgres(&postgres, &old).await.unwrap().holding, BTreeSet::from(running));
    let kept = postgres.query("select experiment from exposures where unit = 'the-key-of-ann'");
    assert_eq!(kept.trim(), "running", "a unit counts once");

    // Another server's, since this journal knows the rows still.
    erase_subject(elsewhere.path(), Some(&url(&postgres)), ("default", KEY)).await.unwrap();
    assert_eq!(Columns::of_postgres(&postgres, &old).await.unwrap().holding, BTreeSet::new());
    assert_eq!(Columns::of_postgres(&postgres, &young).await.unwrap().holding, young_before);
}
