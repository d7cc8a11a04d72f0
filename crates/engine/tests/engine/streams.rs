//! Streams: answers, limits, faults.

use crate::loudness_model::{LoudnessModel, config, recording};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use undertone_audio::{AudioFormat, Encoding};
use undertone_core::{EndReason, ErrorKind, Model, StreamId};
use undertone_engine::{
    Answer, Control, Engine, EngineConfig, Event, Observer, OpenError, Session, SessionConfig, Silent,
    StreamEvents, Trigger,
};

pub(crate) fn engine(workers: usize, event_queue: usize) -> Engine {
    start(sizes(workers, event_queue))
}

pub(crate) fn sizes(workers: usize, event_queue: usize) -> EngineConfig {
    EngineConfig {
        workers,
        apart_workers: 0,
        apart_nice: 0,
        listeners: 1,
        pin_workers: false,
        max_streams: 4,
        stream_buffer_bytes: 8192,
        worker_queue: 16,
        event_queue,
        // A stream in pieces of a byte looks dearer than any worker can carry, the more so on a machine with others to do.
        admit_below: f64::INFINITY,
        max_batch: 16,
        thin_after: Duration::from_secs(60),
        stuck_after: Duration::from_secs(60),
        question_buffer_bytes: 1 << 20,
        turn_frames: 2048,
        final_frames: 256,
        abstain_below: None,
    }
}

pub(crate) fn start(config: EngineConfig) -> Engine {
    start_with(config, Arc::new(LoudnessModel::new()))
}

pub(crate) fn engine_of(workers: usize, model: Arc<dyn Model>) -> Engine {
    start_with(sizes(workers, 64), model)
}

fn start_with(config: EngineConfig, model: Arc<dyn Model>) -> Engine {
    let models = [model];
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    Engine::start(config, &models, &observer).expect("threads can be started")
}

pub(crate) async fn collect(mut events: StreamEvents) -> Vec<Event> {
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        all.push(event);
    }
    all
}

/// Sends `bytes` cut into `pieces` and gives every event.
pub(crate) async fn run(engine: &Engine, config: SessionConfig, bytes: &[u8], piece: usize) -> Vec<Event> {
    run_model(engine, LoudnessModel::new(), config, bytes, piece).await
}

pub(crate) async fn run_model(
    engine: &Engine,
    model: LoudnessModel,
    config: SessionConfig,
    bytes: &[u8],
    piece: usize,
) -> Vec<Event> {
    let (input, events) =
        engine.open(StreamId::generate(), config, Arc::new(model)).await.expect("there is room");
    let bytes = Bytes::copy_from_slice(bytes);
    let feed = async move {
        for start in (0..bytes.len()).step_by(piece) {
            input.audio(bytes.slice(start..bytes.len().min(start + piece))).await?;
        }
        input.finish().await
    };
    // A stream that failed takes no more input; its events tell why.
    let (_, events) = tokio::join!(feed, collect(events));
    events
}

pub(crate) fn answers(events: &[Event]) -> Vec<Answer> {
    let timeless = |answer: &Answer| Answer { time_parts: Default::default(), ..answer.clone() };
    events
        .iter()
        .filter_map(|event| match event {
            Event::Answer(answer) => Some(timeless(answer)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_cut_of_the_audio_changes_no_answer() {
    let engine = engine(2, 1024);
    let bytes = recording(5.0);
    let whole = answers(&run(&engine, config(Some(4000)), &bytes, bytes.len()).await);
    assert!(whole.iter().any(|answer| !answer.trigger.is_final()));
    assert_eq!(whole.iter().filter(|answer| answer.trigger.is_final()).count(), 3, "2 + 2 + 1 seconds");
    for piece in [1, 3, 511, 512, 3200, 7001] {
        let cut = answers(&run(&engine, config(Some(4000)), &bytes, piece).await);
        assert_eq!(cut, whole, "pieces of {piece} bytes");
    }
}

#[tokio::test]
async fn a_model_that_carries_state_hears_each_frame_once_and_every_stream_for_itself() {
    let engine_of = || engine(1, 1024);
    let bytes = recording(5.0);
    let whole = answers(&run(&engine_of(), config(Some(4000)), &bytes, bytes.len()).await);
    for piece in [511, 3200, bytes.len()] {
        let heard = Arc::new(AtomicUsize::new(0));
        let engine = engine_of();
        let model = || LoudnessModel::stateful(&heard);
        let (one, other) = tokio::join!(
            run_model(&engine, model(), config(Some(4000)), &bytes, piece),
            run_model(&engine, model(), config(Some(4000)), &bytes, 3200),
        );
        let (one, other) = (answers(&one), answers(&other));
        assert_eq!(one, other, "pieces of {piece} bytes");
        // The last frames of an utterance may be fewer than a step, and its end needs no update.
        let last_updates: u64 = (1..=3).map(|utterance| update_frames(&one, utterance)).sum();
        assert_eq!(heard.load(Ordering::Relaxed) as u64, 2 * last_updates);
        assert_eq!(one.len(), whole.len());
        for (answer, whole) in one.iter().zip(&whole) {
            assert_eq!((answer.trigger, answer.interval), (whole.trigger, whole.interval));
            let odds =
                |answer: &Answer| (answer.probabilities.values()[1] / answer.probabilities.values()[0]).ln();
            let temperature = if answer.trigger.is_final() { 1.0 } else { 0.5 };
            // A ramp's mean changes by less than this over the three frames that may not have been heard yet.
            assert!((odds(answer) * temperature - odds(whole)).abs() < 0.1, "{answer:?} {whole:?}");
        }
    }
}

/// Frames that the updates of an utterance are about, in whole steps.
fn update_frames(answers: &[Answer], utterance: u32) -> u64 {
    let updates = answers.iter().filter(|own| own.utterance == utterance && !own.trigger.is_final());
    let end = updates.map(|own| own.interval.end - own.interval.start).max().unwrap_or(0);
    end / 160 / 4 * 4
}

#[tokio::test]
async fn a_flush_that_brings_no_new_step_repeats_what_was_said() {
    let engine = engine(1, 64);
    let model = Arc::new(LoudnessModel::stateful(&Arc::default()));
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.control(Control::Flush).await.expect("open");
    input.control(Control::Flush).await.expect("open");
    input.finish().await.expect("open");
    let answers = answers(&collect(events).await);
    let triggers: Vec<Trigger> = answers.iter().map(|answer| answer.trigger).collect();
    assert_eq!(triggers, [Trigger::Flush, Trigger::Flush, Trigger::EndOfStream]);
    assert_eq!(answers[0].probabilities, answers[1].probabilities);
}

#[tokio::test]
async fn an_update_comes_at_every_hop_and_a_final_one_at_the_end() {
    let engine = engine(1, 1024);
    let answers = answers(&run(&engine, config(Some(8000)), &recording(1.2), 640).await);
    let seen: Vec<(Trigger, u64)> =
        answers.iter().map(|answer| (answer.trigger, answer.interval.end)).collect();
    assert_eq!(
        seen,
        [(Trigger::Interval, 8192), (Trigger::Interval, 16128), (Trigger::EndOfStream, 19200)],
        "hops are looked at every 256 samples"
    );
}

#[tokio::test]
async fn a_client_can_end_an_utterance_and_ask_for_an_update() {
    let engine = engine(1, 64);
    let model = Arc::new(LoudnessModel::new());
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.control(Control::Flush).await.expect("open");
    input.control(Control::EndUtterance).await.expect("open");
    input.audio(recording(0.25).into()).await.expect("open");
    input.finish().await.expect("open");
    let answers = answers(&collect(events).await);
    let triggers: Vec<Trigger> = answers.iter().map(|answer| answer.trigger).collect();
    assert_eq!(triggers, [Trigger::Flush, Trigger::EndUtterance, Trigger::EndOfStream]);
    assert_eq!((answers[1].interval.end, answers[2].interval.start), (8000, 8000));
}

#[tokio::test]
async fn a_slow_reader_loses_updates_and_no_final_answer() {
    let engine = engine(1, 1);
    let model = Arc::new(LoudnessModel::new());
    let (input, events) =
        engine.open(StreamId::generate(), config(Some(256)), model).await.expect("there is room");
    let bytes = Bytes::from(recording(10.0));
    // The reader begins when the writer can write no more, or is done.
    let feed = tokio::spawn(async move {
        input.audio(bytes).await.expect("open");
        input.finish().await.expect("open");
    });
    tokio::task::yield_now().await;
    let events = collect(events).await;
    feed.await.expect("no panic");
    let finals = answers(&events).iter().filter(|answer| answer.trigger.is_final()).count();
    let Some(Event::Ended(summary)) = events.last() else { panic!("{events:?}") };
    assert_eq!((finals, summary.utterances, summary.reason), (5, 5, EndReason::Finished));
    let sequences: Vec<u64> = answers(&events).iter().map(|answer| answer.sequence).collect();
    let gaps = sequences.last().expect("answers") - sequences.len() as u64;
    assert_eq!(gaps, summary.updates_dropped);
}

#[tokio::test]
async fn a_drained_stream_answers_what_it_heard() {
    let engine = engine(1, 64);
    let model = Arc::new(LoudnessModel::new());
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    engine.drain().await;
    let events = collect(events).await;
    assert_eq!(answers(&events).len(), 1);
    assert!(matches!(events.last(), Some(Event::Ended(summary)) if summary.reason == EndReason::Drained));
    let model = Arc::new(LoudnessModel::new());
    let refused = engine.open(StreamId::generate(), config(None), model).await.err();
    assert_eq!(refused, Some(OpenError::Draining));
}

#[tokio::test]
async fn more_streams_than_the_limit_are_refused_with_a_delay() {
    let engine = engine(1, 64);
    let mut open = Vec::new();
    for _ in 0..4 {
        let model = Arc::new(LoudnessModel::new());
        open.push(engine.open(StreamId::generate(), config(None), model).await.expect("there is room"));
    }
    let model = Arc::new(LoudnessModel::new());
    let refused = engine.open(StreamId::generate(), config(None), model).await.expect_err("full");
    assert_eq!(refused.kind(), ErrorKind::Overload);
    assert!(refused.retry_after() >= Duration::from_secs(1), "{:?}", refused.retry_after());
}

#[tokio::test]
async fn a_dropped_input_frees_its_place() {
    let engine = engine(1, 64);
    let model = Arc::new(LoudnessModel::new());
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    drop(input);
    let events = collect(events).await;
    assert!(matches!(events.last(), Some(Event::Ended(summary)) if summary.reason == EndReason::Cancelled));
    assert_eq!(engine.open_streams(), 0);
}

#[tokio::test]
async fn a_reader_that_goes_away_without_reading_frees_the_place_of_its_finished_stream() {
    let engine = engine(1, 1);
    let model = Arc::new(LoudnessModel::new());
    let (input, events) =
        engine.open(StreamId::generate(), config(None), model).await.expect("there is room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.finish().await.expect("open");
    drop(events);
    while engine.open_streams() > 0 {
        tokio::task::yield_now().await;
    }
}

/// Whether `model` abstains on half a second of the recording, and which of its labels are plausible.
async fn verdict(engine: &Engine, model: LoudnessModel) -> (bool, Vec<usize>) {
    let answers = answers(&run_model(engine, model, config(None), &recording(0.5), 640).await);
    (answers[0].abstained, answers[0].plausible.clone())
}

#[tokio::test]
async fn a_model_abstains_below_its_own_threshold_unless_the_engine_has_one() {
    // The logits are 1 and the mean of the ramp, about a half: the probabilities 0.62 and 0.38.
    let own = engine(1, 64);
    assert!(!verdict(&own, LoudnessModel::new()).await.0, "a model without a threshold never abstains");
    assert!(!verdict(&own, LoudnessModel::calibrated(0.5, 0.0)).await.0);
    assert!(verdict(&own, LoudnessModel::calibrated(0.7, 0.0)).await.0);
    let never = start(EngineConfig { abstain_below: Some(0.0), ..sizes(1, 64) });
    assert!(!verdict(&never, LoudnessModel::calibrated(0.7, 0.0)).await.0);
    let always = start(EngineConfig { abstain_below: Some(1.0), ..sizes(1, 64) });
    assert!(verdict(&always, LoudnessModel::calibrated(0.5, 0.0)).await.0);
}

#[tokio::test]
async fn plausible_labels_come_from_models_that_give_sets() {
    let engine = engine(1, 64);
    assert!(verdict(&engine, LoudnessModel::new()).await.1.is_empty());
    assert_eq!(verdict(&engine, LoudnessModel::calibrated(0.0, 0.3)).await.1, [0, 1]);
    assert_eq!(verdict(&engine, LoudnessModel::calibrated(0.0, 0.5)).await.1, [0]);
}

#[test]
fn minutes_in_a_few_bytes_are_heard_a_part_at_a_time() {
    let packed = include_bytes!("../../../audio/tests/fixtures/silence_mono.flac");
    let mut asked = config(None);
    asked.format = AudioFormat { encoding: Encoding::Flac, sample_rate: None, channels: None };
    let extractor = LoudnessModel::new().new_extractor().expect("one that works");
    let mut session = Session::new(&asked, extractor, None).expect("a format that is known");
    let (mut rest, mut steps, mut pushes) = (packed.as_slice(), Vec::new(), 0);
    while !rest.is_empty() {
        let before = session.position();
        rest = &rest[session.push(rest, &mut steps).expect("good audio")..];
        pushes += 1;
        assert!(session.position() - before < 60 * 16_000, "a minute at most");
    }
    session.finish(&mut steps).expect("good audio");
    assert_eq!(session.position(), 600 * 16_000);
    assert!(pushes >= 10, "{pushes}");
}

#[tokio::test]
async fn bad_audio_fails_its_stream_and_no_other() {
    let engine = engine(1, 64);
    let mut bad = recording(0.1);
    bad.extend(f32::NAN.to_le_bytes());
    bad.extend(recording(0.1));
    let events = run(&engine, config(None), &bad, 64).await;
    let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
    assert_eq!(failure.kind, ErrorKind::InvalidInput);
    assert_eq!(answers(&run(&engine, config(None), &recording(0.5), 64).await).len(), 1);
}

#[tokio::test]
async fn a_model_that_fails_ends_the_stream_with_a_delay() {
    let engine = engine(1, 64);
    let (input, events) = engine
        .open(StreamId::generate(), config(None), Arc::new(LoudnessModel::failing()))
        .await
        .expect("room");
    input.audio(recording(0.5).into()).await.expect("open");
    input.finish().await.expect("open");
    let events = collect(events).await;
    let Some(Event::Failed(failure)) = events.last() else { panic!("{events:?}") };
    assert_eq!(failure.kind, ErrorKind::Plugin);
    assert!(failure.retry_after.is_some());
}

#[tokio::test]
async fn a_panicking_model_loses_the_streams_of_its_worker_and_the_worker_starts_anew() {
    let engine = engine(1, 64);
    let (input, events) = engine
        .open(StreamId::generate(), config(None), Arc::new(LoudnessModel::panicking()))
        .await
        .expect("room");
    input.audio(recording(0.5).into()).await.expect("open");
    // The worker may be lost before it takes this.
    let _ = input.finish().await;
    let events = collect(events).await;
    assert!(!matches!(events.last(), Some(Event::Ended(_))), "the stream did not end in order: {events:?}");
    assert_eq!(answers(&run(&engine, config(None), &recording(0.5), 64).await).len(), 1);
}

/// The cores that threads of this name may use, as Linux lists them.
#[cfg(target_os = "linux")]
fn cores_of(thread: &str) -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let own = tasks.filter(|task| {
        std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == thread)
    });
    let allowed = own.filter_map(|task| {
        let status = std::fs::read_to_string(task.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        Some(line.trim().to_owned())
    });
    allowed.collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pinned_worker_stays_on_one_core() {
    // A place that no other test of this program has.
    let _engine = start(EngineConfig { pin_workers: true, ..sizes(7, 64) });
    let is_one = |cores: &String| cores.parse::<u32>().is_ok();
    while !cores_of("worker-6").iter().all(is_one) || cores_of("worker-6").is_empty() {
        tokio::task::yield_now().await;
    }
}
