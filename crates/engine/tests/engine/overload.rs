//! A worker with too much to do leaves out updates, never final answers, and takes no more streams.

use crate::loudness_model::{DAWDLE, LoudnessModel, config, recording};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use undertone_core::{EndReason, ErrorKind, Model, ModelRef, StreamId};
use undertone_engine::{
    Answer, Engine, EngineConfig, Event, Observer, SessionConfig, StreamEvents, StreamInput,
};

/// A tenth of a second of float samples.
const PIECE_BYTES: usize = 6400;
const HOP: u64 = 1600;

fn sizes() -> EngineConfig {
    EngineConfig {
        workers: 1,
        apart_workers: 0,
        apart_nice: 0,
        listeners: 1,
        pin_workers: false,
        max_streams: 64,
        stream_buffer_bytes: 1 << 20,
        worker_queue: 1024,
        event_queue: 1024,
        admit_below: 1.0,
        max_batch: 16,
        thin_after: Duration::from_secs(60),
        stuck_after: Duration::from_secs(60),
        question_buffer_bytes: 1 << 20,
        turn_frames: 2048,
        final_frames: 256,
        abstain_below: None,
    }
}

/// Counts the updates that were left out.
#[derive(Default)]
struct Thinned(AtomicU64);

impl Observer for Thinned {
    fn stream_opened(&self, _: &ModelRef) {}
    fn stream_closed(&self, _: &ModelRef, _: EndReason) {}
    fn audio_processed(&self, _: &ModelRef, _: u64, _: Duration) {}
    fn batch_scored(&self, _: &ModelRef, _: usize, _: Duration) {}
    fn queue_waited(&self, _: &ModelRef, _: Duration) {}
    fn update_dropped(&self, _: &ModelRef) {}
    fn updates_thinned(&self, _: &ModelRef, updates: u64) {
        self.0.fetch_add(updates, Ordering::Relaxed);
    }
    fn plugin_failed(&self, _: &ModelRef) {}
    fn worker_restarted(&self) {}
    fn worker_stuck(&self) {}
}

fn start(config: EngineConfig) -> (Engine, Arc<Thinned>) {
    let thinned = Arc::new(Thinned::default());
    let observer: Arc<dyn Observer> = thinned.clone();
    (Engine::start(config, &[], &observer).expect("threads can be started"), thinned)
}

async fn open(engine: &Engine, model: Arc<dyn Model>) -> (StreamInput, StreamEvents) {
    engine.open(StreamId::generate(), config(Some(HOP)), model).await.expect("there is room")
}

async fn answers(events: StreamEvents) -> Vec<Answer> {
    listen(events).await.0
}

/// The answers, and how many updates the end says were left out.
async fn listen(mut events: StreamEvents) -> (Vec<Answer>, u64) {
    let (mut answers, mut thinned) = (Vec::new(), 0);
    while let Some(event) = events.next().await {
        match event {
            Event::Answer(answer) => answers.push(*answer),
            Event::Ended(summary) => thinned = summary.updates_thinned,
            _ => {}
        }
    }
    (answers, thinned)
}

/// Sends the same second and a half to several streams at once; gives each one's answers, and how many it says were
/// left out.
async fn crowd(engine: &Engine, streams: usize) -> Vec<(Vec<Answer>, u64)> {
    crowd_of(engine, &config(Some(HOP)), streams).await
}

async fn crowd_of(engine: &Engine, config: &SessionConfig, streams: usize) -> Vec<(Vec<Answer>, u64)> {
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::dawdling());
    let mut open_streams = Vec::new();
    for _ in 0..streams {
        let opened = engine.open(StreamId::generate(), config.clone(), model.clone()).await;
        open_streams.push(opened.expect("there is room"));
    }
    let bytes = Bytes::from(recording(1.5));
    for start in (0..bytes.len()).step_by(PIECE_BYTES) {
        for (input, _) in &open_streams {
            input.audio(bytes.slice(start..start + PIECE_BYTES)).await.expect("it is taken");
        }
    }
    let mut all = Vec::new();
    for (input, events) in open_streams {
        input.finish().await.expect("it is taken");
        all.push(listen(events).await);
    }
    all
}

#[tokio::test]
async fn a_crowd_loses_updates_and_no_final_answer() {
    let (relaxed, none) = start(sizes());
    let (all_updates, left_out) = crowd(&relaxed, 1).await.remove(0);
    assert_eq!(all_updates.len(), 16, "an update per hop, and the final answer");
    assert_eq!((none.0.load(Ordering::Relaxed), left_out), (0, 0));

    // While eight streams are answered, each waits for seven others.
    let (busy, thinned) = start(EngineConfig { thin_after: 2 * DAWDLE, ..sizes() });
    let mut told = 0;
    for (answers, left_out) in crowd(&busy, 8).await {
        told += left_out;
        assert!(answers.len() < all_updates.len(), "{} answers", answers.len());
        let [last, all_last] = [&answers, &all_updates].map(|answers| answers.last().expect("a final one"));
        assert!(last.trigger.is_final());
        assert_eq!((&last.probabilities, last.interval), (&all_last.probabilities, all_last.interval));
    }
    assert!(told > 0, "they are counted");
    assert_eq!(thinned.0.load(Ordering::Relaxed), told, "streams and metrics tell the same");
}

#[tokio::test]
async fn a_crowd_of_recordings_loses_no_update() {
    let (busy, thinned) = start(EngineConfig { thin_after: 2 * DAWDLE, ..sizes() });
    let recording = SessionConfig { is_recording: true, ..config(Some(HOP)) };
    for (answers, left_out) in crowd_of(&busy, &recording, 8).await {
        assert_eq!((answers.len(), left_out), (16, 0));
    }
    assert_eq!(thinned.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_waits_for_the_streams_own_audio_costs_no_update() {
    // The last piece waits for longer than this.
    let (engine, thinned) = start(EngineConfig { thin_after: 10 * DAWDLE, ..sizes() });
    assert_eq!(crowd(&engine, 1).await[0].0.len(), 16);
    assert_eq!(thinned.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_stream_that_would_be_too_much_is_refused_with_a_delay_until_the_others_are_done() {
    let (engine, _) = start(EngineConfig { admit_below: 0.5, ..sizes() });
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::dawdling());
    let (input, events) = open(&engine, model.clone()).await;
    let events = tokio::spawn(answers(events));
    // Live audio that keeps the worker busy all the time: an answer to every piece takes longer than the piece.
    let piece = Bytes::from(recording(0.01));
    let refused = loop {
        input.audio(piece.clone()).await.expect("it is taken");
        let flush = undertone_engine::Control::Flush;
        input.control(flush).await.expect("it is taken");
        match engine.open(StreamId::generate(), config(None), model.clone()).await {
            // It goes away at once.
            Ok(_) => {}
            Err(refused) => break refused,
        }
        while engine.open_streams() > 1 {
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(refused.kind(), ErrorKind::Overload);
    assert!(refused.retry_after() >= Duration::from_secs(1), "{:?}", refused.retry_after());
    assert!(refused.to_string().contains("busy"), "{refused}");
    input.finish().await.expect("it is taken");
    assert!(events.await.expect("no panic").last().expect("answers").trigger.is_final());
    while engine.open(StreamId::generate(), config(None), model.clone()).await.is_err() {
        tokio::task::yield_now().await;
    }
}
