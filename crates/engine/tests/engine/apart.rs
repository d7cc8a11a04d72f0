//! Models that run apart: nobody else waits for them, and what they say about a loss reaches the client.

use crate::loudness_model::{LoudnessModel, config, recording};
#[cfg(target_os = "linux")]
use crate::threads::{nice_of_threads, own_nice};
use bytes::Bytes;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use undertone_core::{
    Classifier, ErrorKind, Extractor, FrameLayout, FramesView, Model, ModelRef, PluginError, StreamId,
};
use undertone_engine::{Engine, EngineConfig, Event, Observer, Silent, StreamEvents, StreamFailure};

const RETRY_AFTER: Duration = Duration::from_millis(1234);

/// A model that runs apart. Its classifier waits at a gate, and is lost behind it.
struct Apart {
    model: LoudnessModel,
    reference: ModelRef,
    gate: Arc<Mutex<Receiver<()>>>,
    arrived: SyncSender<()>,
}

impl Model for Apart {
    fn reference(&self) -> &ModelRef {
        &self.reference
    }
    fn labels(&self) -> &[String] {
        self.model.labels()
    }
    fn layout(&self) -> &FrameLayout {
        self.model.layout()
    }
    fn temperature(&self) -> f32 {
        1.0
    }
    fn min_frames(&self) -> usize {
        1
    }
    fn new_extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
        self.model.new_extractor()
    }
    fn new_classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        Ok(Box::new(Gated { gate: self.gate.clone(), arrived: self.arrived.clone() }))
    }
    fn is_apart(&self) -> bool {
        true
    }
}

struct Gated {
    gate: Arc<Mutex<Receiver<()>>>,
    arrived: SyncSender<()>,
}

impl Classifier for Gated {
    fn classify(
        &mut self,
        batch: &[FramesView<'_>],
        logits: &mut Vec<Result<Vec<f32>, PluginError>>,
    ) -> Result<(), PluginError> {
        self.arrived.send(()).expect("the test waits");
        self.gate.lock().expect("nobody panics with it").recv().expect("the test opens it");
        let lost = PluginError::Lost {
            plugin: "gated".into(),
            what: "classify".into(),
            message: "it is gone".into(),
            retry_after: RETRY_AFTER,
        };
        logits.extend(batch.iter().map(|_| Err(lost.clone())));
        Ok(())
    }
}

/// A model with its gate, and with what says that it was asked.
fn apart() -> (Arc<dyn Model>, SyncSender<()>, Receiver<()>) {
    let (open, gate) = sync_channel(1);
    let (arrived, arrivals) = sync_channel(1);
    let reference = ModelRef { name: "apart".into(), version: "1.0.0".into() };
    let gate = Arc::new(Mutex::new(gate));
    (Arc::new(Apart { model: LoudnessModel::new(), reference, gate, arrived }), open, arrivals)
}

fn sizes() -> EngineConfig {
    EngineConfig {
        workers: 1,
        apart_workers: 1,
        apart_nice: 10,
        listeners: 1,
        pin_workers: false,
        max_streams: 4,
        stream_buffer_bytes: 1 << 20,
        worker_queue: 16,
        event_queue: 1024,
        admit_below: 1.0,
        max_batch: 16,
        thin_after: Duration::from_secs(60),
        stuck_after: Duration::from_secs(600),
        question_buffer_bytes: 1 << 20,
        turn_frames: 2048,
        final_frames: 256,
        abstain_below: None,
    }
}

async fn speak(engine: &Engine, model: Arc<dyn Model>) -> StreamEvents {
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(Bytes::from(recording(1.0))).await.expect("it is taken");
    input.finish().await.expect("it is taken");
    events
}

async fn last(mut events: StreamEvents) -> Option<Event> {
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    last
}

#[tokio::test]
async fn nobody_waits_for_a_model_that_runs_apart_and_its_loss_says_when_to_come_back() {
    let (apart, open, arrivals) = apart();
    let here: Arc<dyn Model> = Arc::new(LoudnessModel::new());
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let engine = Engine::start(sizes(), &[here.clone(), apart.clone()], &observer).expect("threads");

    let waiting = speak(&engine, apart).await;
    let arrived = tokio::task::spawn_blocking(move || arrivals.recv());
    arrived.await.expect("it runs").expect("the model is asked");
    // Were there one worker for both, this would never end.
    assert!(matches!(last(speak(&engine, here).await).await, Some(Event::Ended(_))));

    open.send(()).expect("it waits");
    let Some(Event::Failed(StreamFailure { kind, retry_after, message })) = last(waiting).await else {
        panic!("the plugin is lost");
    };
    assert_eq!((kind, retry_after), (ErrorKind::Plugin, Some(RETRY_AFTER)));
    assert!(message.contains("it is gone"), "{message}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn workers_of_models_that_run_apart_stand_back_for_the_others() {
    let (apart, open, _arrivals) = apart();
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let engine = Engine::start(sizes(), std::slice::from_ref(&apart), &observer).expect("threads");
    open.send(()).expect("there is room");
    assert!(matches!(last(speak(&engine, apart).await).await, Some(Event::Failed(_))));
    let (all, usual) = (nice_of_threads(), own_nice());
    assert!(all.contains(&("apart-1".to_owned(), usual.max(10))), "{all:?}");
    let mut workers = all.iter().filter(|(name, _)| name.starts_with("worker-"));
    assert!(workers.all(|(_, nice)| *nice == usual), "{all:?}");
}
