//! What goes first in a turn, seen from the model.

use crate::loudness_model::{LoudnessModel, config, recording};
use crate::streams::{answers, collect, sizes};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use undertone_core::{
    Advance, Classifier, ErrorKind, Extractor, FrameLayout, FramesView, Model, ModelRef, PluginError,
    StreamClassifier, StreamId, Streaming,
};
use undertone_engine::{Control, Engine, EngineConfig, Event, Observer, Silent, StreamEvents, StreamInput};

/// Far longer than any call takes to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a model was called for, and with how many items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Whole(usize),
    GoingOn(usize),
}

/// How a model is let out of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LetOut {
    Well,
    Panicking,
}

/// A model that tells of its calls, and stays in each one about whole utterances until it is let out.
struct WatchedModel {
    own: LoudnessModel,
    calls: mpsc::Sender<Call>,
    let_out: Arc<Mutex<mpsc::Receiver<LetOut>>>,
}

impl WatchedModel {
    /// With the calls, and a way to let it out of one.
    fn new() -> (Arc<Self>, mpsc::Receiver<Call>, mpsc::Sender<LetOut>) {
        let ((calls, called), (way_out, let_out)) = (mpsc::channel(), mpsc::channel());
        let own = LoudnessModel::stateful(&Arc::new(AtomicUsize::new(0)));
        (Arc::new(Self { own, calls, let_out: Arc::new(Mutex::new(let_out)) }), called, way_out)
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
    let_out: Arc<Mutex<mpsc::Receiver<LetOut>>>,
}

impl<C> Watched<C> {
    fn tell(&self, call: Call) {
        // Fails when the test is over.
        let _ = self.calls.send(call);
    }
}

impl Classifier for Watched<Box<dyn Classifier>> {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.tell(Call::Whole(batch.len()));
        // Fails when the test is over, whether it went well or not.
        let let_out = self.let_out.lock().expect("nobody panics with it").recv();
        assert_ne!(let_out, Ok(LetOut::Panicking), "it was told to");
        self.own.classify(batch, logits)
    }
}

impl StreamClassifier for Watched<Box<dyn StreamClassifier>> {
    fn advance(
        &mut self,
        batch: &mut [Advance<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.tell(Call::GoingOn(batch.len()));
        self.own.advance(batch, logits)
    }
}

/// Half a second of somebody who speaks, and what the client asks for then.
async fn speak(engine: &Engine, model: &Arc<WatchedModel>, asks: Control) -> (StreamInput, StreamEvents) {
    speak_to(engine, model.clone(), asks).await
}

async fn speak_to(engine: &Engine, model: Arc<dyn Model>, asks: Control) -> (StreamInput, StreamEvents) {
    let opened = engine.open(StreamId::generate(), config(None), model).await;
    let (input, events) = opened.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.control(asks).await.expect("open");
    (input, events)
}

fn start(model: &Arc<WatchedModel>, change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let mut config =
        EngineConfig { max_streams: 8, stream_buffer_bytes: 1 << 20, final_frames: 60, ..sizes(1, 64) };
    change(&mut config);
    Engine::start(config, &[model.clone() as Arc<dyn Model>], &observer).expect("threads")
}

fn next(calls: &mpsc::Receiver<Call>) -> Call {
    calls.recv_timeout(PATIENCE).expect("a call")
}

#[tokio::test]
async fn updates_are_answered_while_a_final_result_is_scored_and_these_wait_for_each_other() {
    let (model, calls, way_out) = WatchedModel::new();
    let engine = start(&model, |_| ());
    let mut streams = vec![speak(&engine, &model, Control::EndUtterance).await];
    assert_eq!(next(&calls), Call::Whole(1));
    // The finisher is in that call, and stays there until it is let out.
    for asks in [Control::EndUtterance, Control::EndUtterance, Control::Flush, Control::Flush] {
        streams.push(speak(&engine, &model, asks).await);
    }
    let mut updates = 0;
    while updates < 2 {
        let Call::GoingOn(items) = next(&calls) else {
            panic!("a final result did not wait for another one")
        };
        updates += items;
    }
    let (_input, events) = &mut streams[4];
    while !matches!(events.next().await.expect("this stream waits for nobody"), Event::Answer(_)) {}
    for _ in 0..2 {
        assert!(calls.try_recv().is_err(), "one after the other");
        way_out.send(LetOut::Well).expect("the model waits");
        assert_eq!(next(&calls), Call::Whole(1), "two utterances of 50 frames are more than 60");
    }
    drop(way_out);
    for (input, events) in streams {
        input.finish().await.expect("open");
        let events = collect(events).await;
        assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
    }
}

#[tokio::test]
async fn a_final_result_of_a_model_without_state_waits_for_none_of_another_model() {
    let (model, calls, way_out) = WatchedModel::new();
    let engine = start(&model, |_| ());
    let held = speak(&engine, &model, Control::EndUtterance).await;
    assert_eq!(next(&calls), Call::Whole(1));
    let (input, events) = speak_to(&engine, Arc::new(LoudnessModel::new()), Control::EndUtterance).await;
    input.finish().await.expect("open");
    let events = collect(events).await;
    assert!(answers(&events).last().expect("a final result").trigger.is_final());
    assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
    drop((way_out, held));
}

#[tokio::test]
async fn a_panic_at_a_final_result_ends_its_own_stream_only() {
    let (model, calls, way_out) = WatchedModel::new();
    let engine = start(&model, |_| ());
    let (_input, broken) = speak(&engine, &model, Control::EndUtterance).await;
    let (input, other) = speak(&engine, &model, Control::Flush).await;
    while next(&calls) != Call::Whole(1) {}
    way_out.send(LetOut::Panicking).expect("the model waits");
    let events = collect(broken).await;
    let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
    assert!(failure.message.contains("it panicked"), "{failure:?}");
    drop(way_out);
    input.finish().await.expect("open");
    let events = collect(other).await;
    assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
    assert!(answers(&events).last().expect("a final result").trigger.is_final());
}

#[tokio::test]
async fn where_a_final_result_never_comes_the_streams_of_its_worker_are_lost_and_another_one_takes_its_place()
{
    let (model, calls, way_out) = WatchedModel::new();
    let engine = start(&model, |config| config.stuck_after = Duration::from_millis(500));
    let (_input, stuck) = speak(&engine, &model, Control::EndUtterance).await;
    let (_other_input, other) = speak(&engine, &model, Control::Flush).await;
    while next(&calls) != Call::Whole(1) {}
    for events in [collect(stuck).await, collect(other).await] {
        let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
        assert_eq!(failure.kind, ErrorKind::Unavailable);
        assert!(failure.message.contains("stuck"), "{failure:?}");
    }
    assert_eq!(engine.open_streams(), 0);
    drop(way_out);
    let (input, events) = speak(&engine, &model, Control::EndUtterance).await;
    input.finish().await.expect("open");
    let events = collect(events).await;
    assert!(matches!(events.last(), Some(Event::Ended(_))), "{events:?}");
}
