//! What goes first in a turn, seen from the model.

use crate::loudness_model::{LoudnessModel, config, recording};
use crate::streams::{collect, sizes};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use undertone_core::{
    Advance, Classifier, Extractor, FrameLayout, FramesView, Model, ModelRef, PluginError, StreamClassifier,
    StreamId, Streaming,
};
use undertone_engine::{Control, Engine, EngineConfig, Observer, Silent, StreamEvents, StreamInput};

/// Far longer than any call takes to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a model was called for, and with how many items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Whole(usize),
    GoingOn(usize),
}

/// A model that tells of its calls, and stays in each one until it is let out.
struct WatchedModel {
    own: LoudnessModel,
    calls: mpsc::Sender<Call>,
    let_out: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl WatchedModel {
    /// With the calls, and a way to let it out of one.
    fn new() -> (Self, mpsc::Receiver<Call>, mpsc::Sender<()>) {
        let ((calls, called), (way_out, let_out)) = (mpsc::channel(), mpsc::channel());
        let own = LoudnessModel::stateful(&Arc::new(AtomicUsize::new(0)));
        (Self { own, calls, let_out: Arc::new(Mutex::new(let_out)) }, called, way_out)
    }

    fn watched<C>(&self, own: C) -> Watched<C> {
        Watched { own, calls: self.calls.clone(), let_out: self.let_out.clone() }
    }
}

impl Model for WatchedModel {
    fn reference(&self) -> &ModelRef {
        self.own.reference()
    }

    fn labels(&self) -> &[String] {
        self.own.labels()
    }

    fn layout(&self) -> &FrameLayout {
        self.own.layout()
    }

    fn temperature(&self) -> f32 {
        self.own.temperature()
    }

    fn min_frames(&self) -> usize {
        self.own.min_frames()
    }

    fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
        self.own.new_extractor()
    }

    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        Ok(Box::new(self.watched(self.own.new_classifier()?)))
    }

    fn streaming(&self) -> Option<Streaming> {
        self.own.streaming()
    }

    fn new_stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        Ok(Box::new(self.watched(self.own.new_stream_classifier()?)))
    }
}

struct Watched<C> {
    own: C,
    calls: mpsc::Sender<Call>,
    let_out: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl<C> Watched<C> {
    fn stay_in(&self, call: Call) {
        self.calls.send(call).expect("the test listens");
        // Fails when the test is over, whether it went well or not.
        let _ = self.let_out.lock().expect("nobody panics with it").recv();
    }
}

impl Classifier for Watched<Box<dyn Classifier>> {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.stay_in(Call::Whole(batch.len()));
        self.own.classify(batch, logits)
    }
}

impl StreamClassifier for Watched<Box<dyn StreamClassifier>> {
    fn advance(
        &mut self,
        batch: &mut [Advance<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.stay_in(Call::GoingOn(batch.len()));
        self.own.advance(batch, logits)
    }
}

/// Half a second of somebody who speaks, and what the client asks for then.
async fn speak(engine: &Engine, model: &Arc<WatchedModel>, asks: Control) -> (StreamInput, StreamEvents) {
    let opened = engine.open(StreamId::generate(), config(None), model.clone()).await;
    let (input, events) = opened.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.control(asks).await.expect("open");
    (input, events)
}

#[tokio::test]
async fn updates_go_before_final_results_and_these_wait_for_each_other_while_somebody_speaks() {
    let (model, called, way_out) = WatchedModel::new();
    let model = Arc::new(model);
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let config =
        EngineConfig { max_streams: 8, stream_buffer_bytes: 1 << 20, final_frames: 60, ..sizes(1, 64) };
    let engine = Engine::start(config, &[model.clone() as Arc<dyn Model>], &observer).expect("threads");
    let mut streams = vec![speak(&engine, &model, Control::EndUtterance).await];
    let first = called.recv_timeout(PATIENCE).expect("a call");
    // The worker is in that call: all of this waits, and is there for its next turns.
    for asks in [Control::EndUtterance, Control::EndUtterance, Control::Flush, Control::Flush] {
        streams.push(speak(&engine, &model, asks).await);
    }
    let mut calls = vec![first];
    for _ in 0..3 {
        way_out.send(()).expect("the model waits");
        calls.push(called.recv_timeout(PATIENCE).expect("a call"));
    }
    let expected = [Call::Whole(1), Call::GoingOn(2), Call::Whole(1), Call::Whole(1)];
    assert_eq!(calls, expected, "two utterances of 50 frames are more than 60");
    drop(way_out);
    for (input, events) in streams {
        input.finish().await.expect("open");
        collect(events).await;
    }
}
