//! Workers that are inside a plugin for too long.

use crate::loudness_model::{HANG, LoudnessModel, config, recording};
use crate::streams::{answers, collect, run, run_model, sizes, start};
use std::sync::Arc;
use std::time::Instant;
use undertone_core::{ErrorKind, StreamId};
use undertone_engine::{EngineConfig, Event};

#[tokio::test]
async fn a_stuck_worker_loses_its_streams_with_a_delay_and_another_one_takes_its_place() {
    let engine = start(EngineConfig { stuck_after: HANG / 4, ..sizes(1, 64) });
    let begun = Instant::now();
    let waiting = engine
        .open(StreamId::generate(), config(None), Arc::new(LoudnessModel::new()))
        .await
        .expect("there is room");
    let stuck = run_model(&engine, LoudnessModel::hanging(), config(None), &recording(0.5), 640).await;
    assert!(begun.elapsed() < HANG, "nobody waits for the plugin");
    let (_input, events) = waiting;
    for events in [stuck, collect(events).await] {
        let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
        assert_eq!(failure.kind, ErrorKind::Unavailable);
        assert!(failure.retry_after.is_some() && failure.message.contains("stuck"), "{failure:?}");
    }
    assert_eq!(engine.open_streams(), 0);
    let answers = answers(&run(&engine, config(None), &recording(0.5), 640).await);
    assert_eq!(answers.len(), 1, "the worker in its place works");
}

#[tokio::test]
async fn calls_that_are_long_together_and_none_of_them_alone_make_no_worker_stuck() {
    let engine = start(EngineConfig { stuck_after: HANG / 4 * 7, ..sizes(1, 64) });
    // The first one is long enough for the others to be asked in one turn.
    let audio = recording(0.5);
    let run = |name| run_model(&engine, LoudnessModel::hanging_as(name), config(None), &audio, 640);
    for events in <[_; 3]>::from(tokio::join!(run("first"), run("second"), run("third"))) {
        assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
    }
}
