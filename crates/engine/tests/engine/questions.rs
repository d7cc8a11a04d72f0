//! Frames that belong to no stream: scored in order, beside the streams, within bounds.

use crate::loudness_model::{LoudnessModel, config, recording};
#[cfg(target_os = "linux")]
use crate::threads::{nice_of_threads, own_nice};
use bytes::Bytes;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use undertone_core::{EndReason, ErrorKind, Frames, Model, ModelRef, StreamId};
use undertone_engine::{
    Control, Engine, EngineConfig, Event, Observer, Question, QuestionError, SessionConfig, StreamEvents,
    StreamInput,
};

/// Notes how many items each call of a classifier had, and how many have had their turn.
#[derive(Default)]
struct Batches(Mutex<Vec<usize>>, AtomicUsize);

impl Batches {
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics with it"))
    }

    /// Comes back once a worker has begun with an item.
    fn wait_for_a_turn(&self) {
        while self.1.load(Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
    }
}

impl Observer for Batches {
    fn stream_opened(&self, _: &ModelRef) {}
    fn stream_closed(&self, _: &ModelRef, _: EndReason) {}
    fn audio_processed(&self, _: &ModelRef, _: u64, _: Duration) {}
    fn batch_scored(&self, _: &ModelRef, items: usize, _: Duration) {
        self.0.lock().expect("nobody panics with it").push(items);
    }
    fn queue_waited(&self, _: &ModelRef, _: Duration) {
        self.1.fetch_add(1, Ordering::AcqRel);
    }
    fn update_dropped(&self, _: &ModelRef) {}
    fn updates_thinned(&self, _: &ModelRef, _: u64) {}
    fn plugin_failed(&self, _: &ModelRef) {}
    fn worker_restarted(&self) {}
    fn worker_stuck(&self) {}
}

fn start(question_buffer_bytes: usize, turn_frames: usize) -> (Engine, Arc<Batches>) {
    start_with(sizes(question_buffer_bytes, turn_frames))
}

fn sizes(question_buffer_bytes: usize, turn_frames: usize) -> EngineConfig {
    EngineConfig {
        workers: 1,
        apart_workers: 0,
        apart_nice: 0,
        listeners: 1,
        pin_workers: false,
        max_streams: 4,
        stream_buffer_bytes: 1 << 20,
        worker_queue: 16,
        event_queue: 64,
        admit_below: 1.0,
        max_batch: 16,
        thin_after: Duration::from_secs(60),
        stuck_after: Duration::from_secs(60),
        question_buffer_bytes,
        turn_frames,
        final_frames: 256,
        abstain_below: None,
    }
}

fn start_with(sizes: EngineConfig) -> (Engine, Arc<Batches>) {
    let batches = Arc::new(Batches::default());
    let observer: Arc<dyn Observer> = batches.clone();
    (Engine::start(sizes, &[], &observer).expect("threads can be started"), batches)
}

/// One item per value: ten frames that hold it.
fn question(model: LoudnessModel, values: &[f32]) -> Question {
    let item = |value: &f32| {
        let mut frames = Frames::new(1);
        (0..10).for_each(|_| frames.push_row(&[*value]));
        frames
    };
    let model: Arc<dyn Model> = Arc::new(model);
    Question { model, items: values.iter().map(item).collect(), deadline: None, patient: false }
}

/// The same for a listener.
fn patient(model: LoudnessModel, values: &[f32]) -> Question {
    Question { patient: true, ..question(model, values) }
}

/// Lets the question come to its worker.
fn set_off<T>(asking: std::pin::Pin<&mut impl Future<Output = T>>) {
    let polled = asking.poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending), "it cannot be answered at once");
}

#[tokio::test]
async fn items_are_answered_in_their_order_in_one_batch() {
    let (engine, batches) = start(1 << 20, 1000);
    let verdicts = engine.ask(question(LoudnessModel::new(), &[0.5, 0.25, 4.0])).await.expect("answered");
    let logits: Vec<_> = verdicts.into_iter().map(|verdict| verdict.expect("scored")).collect();
    assert_eq!(logits, [[1.0, 0.5], [1.0, 0.25], [1.0, 4.0]]);
    assert_eq!(batches.take(), [3]);
}

#[tokio::test]
async fn a_turn_takes_no_more_frames_than_set_but_at_least_one_item() {
    let (engine, batches) = start(1 << 20, 25);
    engine.ask(question(LoudnessModel::new(), &[1.0; 5])).await.expect("answered");
    assert_eq!(batches.take(), [2, 2, 1]);
    let (engine, batches) = start(1 << 20, 1);
    engine.ask(question(LoudnessModel::new(), &[1.0; 2])).await.expect("answered");
    assert_eq!(batches.take(), [1, 1]);
}

#[tokio::test]
async fn while_somebody_speaks_a_turn_takes_one_item() {
    let (engine, batches) = start(1 << 20, 1000);
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::new());
    let opened = engine.open(StreamId::generate(), config(Some(1600)), model).await;
    let (input, mut events) = opened.expect("there is room");
    input.audio(Bytes::from(recording(0.3))).await.expect("it is taken");
    while !matches!(events.next().await, Some(Event::Answer(_))) {}
    batches.take();
    engine.ask(question(LoudnessModel::new(), &[1.0; 3])).await.expect("answered");
    assert_eq!(batches.take(), [1, 1, 1]);
    drop((input, events));
}

#[tokio::test]
async fn a_question_and_a_final_result_of_one_model_are_scored_in_one_batch() {
    let (engine, batches) = start(1 << 20, 1000);
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::new());
    let opened = engine.open(StreamId::generate(), config(None), model.clone()).await;
    let (input, mut events) = opened.expect("there is room");
    for _ in 0..20 {
        input.audio(Bytes::from(recording(0.3))).await.expect("it is taken");
        input.control(Control::Flush).await.expect("it is taken");
        while !matches!(events.next().await, Some(Event::Answer(_))) {}
        batches.take();
        // While the worker is busy, both come to it; unless this thread was kept from telling them in time.
        let mut busy = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0])));
        set_off(busy.as_mut());
        input.control(Control::EndUtterance).await.expect("it is taken");
        let asked = Question { model: model.clone(), ..question(LoudnessModel::new(), &[1.0]) };
        engine.ask(asked).await.expect("answered");
        busy.await.expect("answered");
        while !matches!(events.next().await, Some(Event::Answer(_))) {}
        if batches.take().contains(&2) {
            return;
        }
    }
    panic!("a final result and a question were never scored together");
}

#[tokio::test]
async fn questions_keep_no_stream_out_however_long_they_take() {
    let (engine, _) = start_with(EngineConfig { admit_below: 0.5, ..sizes(1 << 20, 1000) });
    let engine = Arc::new(engine);
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::new());
    let opened = engine.open(StreamId::generate(), config(None), model.clone()).await;
    let (input, mut events) = opened.expect("there is room");
    let asking = tokio::spawn({
        let engine = engine.clone();
        async move { engine.ask(question(LoudnessModel::dawdling(), &[1.0; 60])).await }
    });
    // A little live audio in every turn, until the worker has told its load.
    while !asking.is_finished() {
        input.audio(Bytes::from(recording(0.02))).await.expect("it is taken");
        input.control(Control::Flush).await.expect("it is taken");
        while !matches!(events.next().await, Some(Event::Answer(_))) {}
    }
    assert!(asking.await.expect("no panic").is_ok());
    assert!(engine.open(StreamId::generate(), config(None), model).await.is_ok());
}

#[tokio::test]
async fn what_finds_no_room_is_refused_with_a_delay_until_the_others_are_answered() {
    // Ten frames of one value take 40 bytes.
    let (engine, _) = start(200, 1);
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 4])));
    set_off(first.as_mut());
    let refused = engine.ask(question(LoudnessModel::new(), &[1.0; 2])).await.expect_err("no room");
    assert_eq!(refused, QuestionError::Full { limit_bytes: 200 });
    assert_eq!((refused.kind(), refused.retry_after()), (ErrorKind::Overload, Some(Duration::from_secs(1))));
    assert!(first.await.is_ok());
    assert!(engine.ask(question(LoudnessModel::new(), &[1.0; 2])).await.is_ok());
}

#[tokio::test]
async fn what_alone_is_too_much_is_refused_for_good() {
    let (engine, _) = start(200, 1000);
    let refused = engine.ask(question(LoudnessModel::new(), &[1.0; 6])).await.expect_err("too large");
    assert_eq!(refused, QuestionError::TooLarge { bytes: 240, limit_bytes: 200 });
    assert_eq!((refused.kind(), refused.retry_after()), (ErrorKind::InvalidInput, None));
}

#[tokio::test]
async fn a_question_whose_deadline_is_over_is_not_scored() {
    let (engine, batches) = start(1 << 20, 1000);
    let late = Question { deadline: Some(Instant::now()), ..question(LoudnessModel::new(), &[1.0]) };
    assert_eq!(engine.ask(late).await.expect_err("late"), QuestionError::Expired);
    assert!(batches.take().is_empty());
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_not_scored() {
    let (engine, batches) = start(1 << 20, 1);
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 4])));
    set_off(first.as_mut());
    {
        let given_up = pin!(engine.ask(question(LoudnessModel::new(), &[1.0; 3])));
        set_off(given_up);
    }
    assert!(first.await.is_ok());
    assert!(engine.ask(question(LoudnessModel::new(), &[1.0])).await.is_ok());
    assert_eq!(batches.take().iter().sum::<usize>(), 5);
}

#[tokio::test]
async fn an_item_that_fails_leaves_the_question_answered() {
    let (engine, _) = start(1 << 20, 1000);
    let verdicts = engine.ask(question(LoudnessModel::failing(), &[1.0; 2])).await.expect("answered");
    assert!(verdicts.len() == 2 && verdicts.iter().all(Result::is_err));
}

#[tokio::test]
async fn a_model_that_panics_loses_its_question_and_the_next_one_is_answered() {
    let (engine, _) = start(1 << 20, 1000);
    let lost = engine.ask(question(LoudnessModel::panicking(), &[1.0])).await.expect_err("lost");
    assert_eq!((lost, lost.kind()), (QuestionError::WorkerLost, ErrorKind::Unavailable));
    assert!(engine.ask(question(LoudnessModel::new(), &[1.0])).await.is_ok());
}

#[tokio::test]
async fn an_engine_that_drains_answers_what_it_has_and_takes_no_more() {
    let (engine, _) = start(1 << 20, 1);
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 2])));
    set_off(first.as_mut());
    engine.drain().await;
    let refused = engine.ask(question(LoudnessModel::new(), &[1.0])).await.expect_err("draining");
    assert_eq!(refused, QuestionError::Draining);
    assert!(first.await.is_ok());
}

#[tokio::test]
async fn a_patient_question_waits_for_all_others_and_then_goes_item_by_item() {
    let (engine, batches) = start(1 << 20, 1000);
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 20])));
    set_off(first.as_mut());
    batches.wait_for_a_turn();
    let mut asked = pin!(engine.ask(patient(LoudnessModel::new(), &[1.0; 3])));
    set_off(asked.as_mut());
    let mut later = pin!(engine.ask(question(LoudnessModel::new(), &[1.0; 4])));
    set_off(later.as_mut());
    assert!(first.await.is_ok() && later.await.is_ok());
    assert_eq!(asked.await.expect("answered").len(), 3);
    assert_eq!(batches.take(), [20, 4, 1, 1, 1]);
}

/// A stream that has been answered once.
async fn somebody_speaks(engine: &Engine) -> (StreamInput, StreamEvents) {
    let model: Arc<dyn Model> = Arc::new(LoudnessModel::new());
    let opened = engine.open(StreamId::generate(), config(Some(1600)), model).await;
    let (input, mut events) = opened.expect("there is room");
    input.audio(Bytes::from(recording(0.3))).await.expect("it is taken");
    while !matches!(events.next().await, Some(Event::Answer(_))) {}
    (input, events)
}

/// Says the rest, and gives how the stream ended.
async fn last_words((input, mut events): (StreamInput, StreamEvents)) -> Option<Event> {
    input.audio(Bytes::from(recording(0.3))).await.expect("it is taken");
    input.finish().await.expect("it is taken");
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    last
}

#[tokio::test]
async fn a_patient_question_whose_model_never_comes_back_takes_no_stream_with_it() {
    let stuck_after = Duration::from_millis(300);
    let (engine, _) = start_with(EngineConfig { stuck_after, ..sizes(1 << 20, 1000) });
    let stream = somebody_speaks(&engine).await;
    let mut hanging = pin!(engine.ask(patient(LoudnessModel::hanging(), &[1.0])));
    set_off(hanging.as_mut());
    let mut behind = pin!(engine.ask(patient(LoudnessModel::new(), &[1.0])));
    set_off(behind.as_mut());
    assert_eq!(hanging.await.expect_err("it hangs"), QuestionError::ModelLost);
    assert_eq!(
        behind.await.expect_err("lost with it"),
        QuestionError::WorkerLost,
        "and not its model's fault"
    );
    assert!(matches!(last_words(stream).await, Some(Event::Ended(_))));
    let again = engine.ask(patient(LoudnessModel::new(), &[1.0])).await;
    assert_eq!(again.expect("another listener has its place").len(), 1);
}

#[tokio::test]
async fn a_patient_question_whose_model_panics_takes_neither_streams_nor_other_questions_with_it() {
    let (engine, batches) = start(1 << 20, 1000);
    let stream = somebody_speaks(&engine).await;
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 10])));
    set_off(first.as_mut());
    batches.wait_for_a_turn();
    // They are asked in this order, and the first may be answered before the second is asked.
    let (panicked, behind) = tokio::join!(
        engine.ask(patient(LoudnessModel::panicking(), &[1.0])),
        engine.ask(patient(LoudnessModel::new(), &[1.0])),
    );
    assert_eq!(panicked.expect_err("it panics"), QuestionError::ModelLost);
    assert!(behind.is_ok() && first.await.is_ok());
    assert!(matches!(last_words(stream).await, Some(Event::Ended(_))));
}

#[tokio::test]
async fn patient_questions_take_no_room_from_others() {
    // Ten frames of one value take 40 bytes.
    let (engine, batches) = start(200, 1);
    let mut first = pin!(engine.ask(question(LoudnessModel::dawdling(), &[1.0; 2])));
    set_off(first.as_mut());
    batches.wait_for_a_turn();
    let mut waiting = pin!(engine.ask(patient(LoudnessModel::new(), &[1.0; 5])));
    set_off(waiting.as_mut());
    let refused = engine.ask(patient(LoudnessModel::new(), &[1.0])).await.expect_err("no room");
    assert_eq!(refused, QuestionError::Full { limit_bytes: 200 });
    assert!(engine.ask(question(LoudnessModel::new(), &[1.0; 2])).await.is_ok());
    assert!(first.await.is_ok() && waiting.await.is_ok());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_listens_along_runs_behind_everybody_else() {
    let (engine, _) = start(1 << 20, 1000);
    engine.ask(patient(LoudnessModel::new(), &[1.0])).await.expect("answered");
    let (all, usual) = (nice_of_threads(), own_nice());
    let mut listeners = all.iter().filter(|(name, _)| name.starts_with("listener-"));
    assert!(listeners.any(|(_, nice)| *nice == usual.max(15)), "{all:?}");
    let mut workers = all.iter().filter(|(name, _)| name.starts_with("worker-"));
    assert!(workers.all(|(_, nice)| *nice == usual), "{all:?}");
}

#[tokio::test]
async fn a_patient_question_that_has_no_turn_in_time_is_not_scored() {
    let (engine, batches) = start(1 << 20, 1000);
    let late = Question { deadline: Some(Instant::now()), ..patient(LoudnessModel::new(), &[1.0]) };
    assert_eq!(engine.ask(late).await.expect_err("late"), QuestionError::Expired);
    assert!(batches.take().is_empty());
}

#[tokio::test]
async fn final_answers_carry_what_the_model_was_shown_where_it_is_handed_out() {
    let (engine, _) = start(1 << 20, 1000);
    for hand_out_frames in [true, false] {
        let model: Arc<dyn Model> = Arc::new(LoudnessModel::new());
        let config = SessionConfig { hand_out_frames, ..config(Some(1600)) };
        let opened = engine.open(StreamId::generate(), config, model).await;
        let (input, mut events) = opened.expect("there is room");
        input.audio(Bytes::from(recording(0.5))).await.expect("it is taken");
        input.finish().await.expect("it is taken");
        let mut finals = 0;
        while let Some(event) = events.next().await {
            let Event::Answer(answer) = event else { continue };
            let is_final = answer.trigger.is_final();
            finals += usize::from(is_final);
            let frames = answer.frames.map_or(0, |frames| frames.len());
            assert_eq!(frames > 0, is_final && hand_out_frames);
        }
        assert_eq!(finals, 1);
    }
}
