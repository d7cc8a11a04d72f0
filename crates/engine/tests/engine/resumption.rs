//! A stream that broke off is taken up, and no utterance is lost or doubled.

use crate::loudness_model::{LoudnessModel, config, recording};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use undertone_core::{EndReason, Model, StreamId};
use undertone_engine::{
    Answer, Engine, EngineConfig, Event, Observer, ResumePoint, SessionConfig, Silent, StreamEvents,
    StreamInput, Summary,
};

const BYTES_PER_SAMPLE: u64 = 4;

fn engine() -> Engine {
    let sizes = EngineConfig {
        workers: 1,
        apart_workers: 0,
        apart_nice: 0,
        listeners: 1,
        pin_workers: false,
        max_streams: 4,
        stream_buffer_bytes: 1 << 20,
        worker_queue: 16,
        event_queue: 1024,
        admit_below: 1.0,
        max_batch: 16,
        thin_after: Duration::from_secs(60),
        stuck_after: Duration::from_secs(60),
        question_buffer_bytes: 1 << 20,
        turn_frames: 2048,
        final_frames: 256,
        abstain_below: None,
    };
    let models: [Arc<dyn Model>; 1] = [Arc::new(LoudnessModel::new())];
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    Engine::start(sizes, &models, &observer).expect("threads can be started")
}

fn of_a_client_that_comes_back(from: ResumePoint) -> SessionConfig {
    SessionConfig { from, acknowledge: true, ..config(None) }
}

async fn open(engine: &Engine, from: ResumePoint) -> (StreamInput, StreamEvents) {
    let model = Arc::new(LoudnessModel::new());
    let config = of_a_client_that_comes_back(from);
    engine.open(StreamId::generate(), config, model).await.expect("there is room")
}

async fn rest(mut events: StreamEvents) -> Vec<Event> {
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        all.push(event);
    }
    all
}

/// Everything that a stream tells that begins at `from` and hears the recording from there to its end.
async fn heard_from(engine: &Engine, bytes: &[u8], from: ResumePoint) -> Vec<Event> {
    let (input, events) = open(engine, from).await;
    let start = (from.checkpoint.position * BYTES_PER_SAMPLE) as usize;
    for piece in bytes[start..].chunks(5000) {
        input.audio(Bytes::copy_from_slice(piece)).await.expect("it is taken");
    }
    input.finish().await.expect("it is taken");
    rest(events).await
}

/// Final answers, without times and without how much was heard meanwhile.
fn finals(events: &[Event]) -> Vec<Answer> {
    let lasting = |answer: &Answer| Answer {
        time_parts: Default::default(),
        audio_processed: 0,
        resume: None,
        ..answer.clone()
    };
    let answers = events.iter().filter_map(|event| match event {
        Event::Answer(answer) if answer.trigger.is_final() => Some(lasting(answer)),
        _ => None,
    });
    answers.collect()
}

fn points(events: &[Event]) -> Vec<ResumePoint> {
    let point = |event: &Event| match event {
        Event::Acknowledged(point) => Some(*point),
        Event::Answer(answer) => answer.resume,
        _ => None,
    };
    events.iter().filter_map(point).collect()
}

fn summary(events: &[Event]) -> Summary {
    match events.last() {
        Some(Event::Ended(summary)) => *summary,
        other => panic!("the stream did not end in order: {other:?}"),
    }
}

#[tokio::test]
async fn a_stream_can_be_taken_up_wherever_it_was_acknowledged() {
    let engine = engine();
    let bytes = recording(9.0);
    let unbroken = heard_from(&engine, &bytes, ResumePoint::default()).await;
    let all = finals(&unbroken);
    assert_eq!(all.len(), 5, "2 + 2 + 2 + 2 + 1 seconds");
    let points = points(&unbroken);
    assert!(points.len() >= all.len(), "every final answer carries one");
    assert!(points.windows(2).all(|pair| pair[0].checkpoint.position <= pair[1].checkpoint.position));
    for point in points {
        let again = heard_from(&engine, &bytes, point).await;
        assert_eq!(finals(&again), all[point.finals as usize..], "taken up at {point:?}");
        assert_eq!(summary(&again).utterances, 5, "counted over the whole stream");
    }
}

#[tokio::test]
async fn a_drained_stream_leaves_its_open_utterance_to_whoever_takes_it_up() {
    let bytes = recording(9.0);
    let first = engine();
    let unbroken = finals(&heard_from(&first, &bytes, ResumePoint::default()).await);
    let (input, events) = open(&first, ResumePoint::default()).await;
    input.audio(Bytes::copy_from_slice(&bytes[..16_000 * 5 * 4])).await.expect("it is taken");
    first.drain().await;
    let before = rest(events).await;
    let summary = summary(&before);
    assert_eq!((summary.reason, summary.utterances), (EndReason::Drained, 2));
    let point = summary.resume.expect("its client comes back");
    let after = heard_from(&engine(), &bytes, point).await;
    let all = [finals(&before), finals(&after)].concat();
    assert_eq!(all, unbroken);
}

#[tokio::test]
async fn a_client_that_does_not_come_back_is_told_nothing_about_it() {
    let engine = engine();
    let (input, events) = engine
        .open(StreamId::generate(), config(None), Arc::new(LoudnessModel::new()))
        .await
        .expect("there is room");
    input.audio(recording(5.0).into()).await.expect("it is taken");
    engine.drain().await;
    let events = rest(events).await;
    assert_eq!(points(&events), []);
    assert_eq!((summary(&events).utterances, summary(&events).resume), (3, None), "the open one is answered");
}
