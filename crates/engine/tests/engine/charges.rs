//! What an answer is told to have cost.

use crate::loudness_model::{LoudnessModel, config, recording};
use crate::streams::{engine_of, run_model};
use std::sync::Arc;
use std::time::{Duration, Instant};
use undertone_engine::Event;

#[tokio::test]
async fn an_answer_is_charged_its_own_share_of_a_batch() {
    let engine = engine_of(1, Arc::new(LoudnessModel::dawdling()));
    let bytes = recording(2.0);
    let begun = Instant::now();
    let of_one = || run_model(&engine, LoudnessModel::dawdling(), config(None), &bytes, bytes.len());
    let (first, second, third, fourth) = tokio::join!(of_one(), of_one(), of_one(), of_one());
    let elapsed = begun.elapsed();
    let parts = [first, second, third, fourth].into_iter().flatten().filter_map(|event| match event {
        Event::Answer(answer) => Some(answer.time_parts),
        _ => None,
    });
    let parts: Vec<_> = parts.collect();
    assert!(parts.len() >= 4, "{parts:?}");
    let work: Duration = parts.iter().map(|own| own.inference).sum();
    assert!(work <= elapsed, "one thread worked for {work:?} within {elapsed:?}: {parts:?}");
}
