//! Models that come and go while workers run.

use crate::loudness_model::{LoudnessModel, config, recording};
use crate::streams::{collect, engine, engine_of};
use bytes::Bytes;
use std::sync::Arc;
use undertone_core::{EndReason, Model, StreamId};
use undertone_engine::{Engine, Event, Leftovers, StreamEvents, StreamInput};

const WORKERS: usize = 2;

async fn open(engine: &Engine, model: &Arc<dyn Model>) -> (StreamInput, StreamEvents) {
    engine.open(StreamId::generate(), config(None), model.clone()).await.expect("there is room")
}

async fn say_and_finish(input: StreamInput) {
    input.audio(Bytes::from(recording(0.5))).await.expect("the stream is open");
    input.finish().await.expect("the stream is open");
}

fn ended_well(events: &[Event]) -> bool {
    matches!(events.last(), Some(Event::Ended(summary)) if summary.reason == EndReason::Finished)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_goes_leaves_nothing_behind_and_its_stream_is_heard_to_the_end() {
    let engine = engine(WORKERS, 64);
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::versioned("2.0.0"));
    let reference = model.reference().clone();
    engine.adopt(engine.outfit(model.clone()).expect("it answers")).await;
    let (input, events) = open(&engine, &model).await;
    engine.let_go(&reference);
    let held = Arc::downgrade(&model);
    drop(model);
    assert!(held.upgrade().is_some(), "its stream holds it");
    let (_, events) = tokio::join!(say_and_finish(input), collect(events));
    assert!(ended_well(&events), "{events:?}");
    while held.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
    let left: usize = engine.give_up(&reference).await.iter().map(Leftovers::count).sum();
    assert_eq!(left, WORKERS + 1, "a classifier of each worker, and the extractor of the one stream");
    let again: usize = engine.give_up(&reference).await.iter().map(Leftovers::count).sum();
    assert_eq!(again, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_are_handed_over_are_those_that_answer() {
    let first = Arc::new(LoudnessModel::versioned("1.0.0"));
    let engine = engine_of(WORKERS, first.clone());
    // Workers have looked at what there is to make once they have made it; what comes later they are told.
    while first.classifiers_made() < WORKERS {
        tokio::task::yield_now().await;
    }
    let model = Arc::new(LoudnessModel::versioned("2.0.0"));
    let served: Arc<dyn Model> = model.clone();
    engine.adopt(engine.outfit(served.clone()).expect("it answers")).await;
    assert_eq!(model.classifiers_made(), WORKERS);
    for _ in 0..3 {
        let (input, events) = open(&engine, &served).await;
        let (_, events) = tokio::join!(say_and_finish(input), collect(events));
        assert!(ended_well(&events), "{events:?}");
    }
    assert_eq!(model.classifiers_made(), WORKERS, "no worker had to make another one");
}

#[tokio::test]
async fn a_model_whose_call_fails_is_not_handed_over() {
    let engine = engine(1, 64);
    let refused = engine.outfit(Arc::new(LoudnessModel::broken())).err().expect("its calls fail");
    assert!(refused.to_string().contains("it was told to"), "{refused}");
}
