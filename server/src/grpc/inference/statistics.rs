//! What models have done since the server started, out of the metrics that it keeps anyway.

use crate::grpc::status;
use crate::recognition::Recognition;
use std::time::{Duration, Instant};
use tonic::Status;
use undertone_core::{Model, ModelRef};
use undertone_plugin_host::LoadedModel;
use undertone_proto::inference as wire;
use undertone_telemetry::{InferenceMetrics, StepKind, Tally};
use wire::{InferBatchStatistics, StatisticDuration};

/// What the extension is called in the server's metadata.
pub(super) const EXTENSION: &str = "statistics";

/// Notes what became of a request to `model` that arrived at `arrived`.
pub(super) fn note(recognition: &Recognition, model: &ModelRef, arrived: Instant, answered: bool) {
    let name = model.to_string();
    let metrics = &recognition.metrics.inference;
    let outcome = if answered { InferenceMetrics::ANSWERED } else { InferenceMetrics::FAILED };
    let took = arrived.elapsed().as_secs_f64();
    metrics.request_seconds.with_label_values(&[name.as_str(), outcome]).observe(took);
    if answered {
        let now = recognition.clock.now().0 as f64 / 1e6;
        metrics.last_answer.with_label_values(&[&name]).set(now);
    }
}

/// Notes what a step of a request to `model` took that no worker does.
pub(super) fn note_step(recognition: &Recognition, model: &ModelRef, step: StepKind, took: Duration) {
    recognition.metrics.inference.steps.spent(&model.to_string(), step, took);
}

/// About every version of a name, or the one of `NAME@VERSION`; about all models for an empty text.
pub(super) fn asked(recognition: &Recognition, wanted: &str) -> Result<Vec<wire::ModelStatistics>, Status> {
    let ready = recognition.models.ready();
    let is_meant = |reference: &ModelRef| {
        wanted.is_empty() || wanted == reference.name || wanted == reference.to_string()
    };
    let meant = ready.list().filter(|model| is_meant(model.reference()));
    let told: Vec<_> = meant.map(|model| of(recognition, model)).collect();
    match told.is_empty() && !wanted.is_empty() {
        // It has the sentence that names those that there are.
        true => recognition
            .model(wanted)
            .map(|_| told)
            .map_err(|sentence| status::unknown_model(wanted, &sentence)),
        false => Ok(told),
    }
}

/// What one version has done.
fn of(recognition: &Recognition, model: &LoadedModel) -> wire::ModelStatistics {
    let reference = model.reference();
    let name = reference.to_string();
    let (engine, requests) = (&recognition.metrics.engine, &recognition.metrics.inference);
    let calls = engine.inference_seconds.with_label_values(&[&name]);
    let items = engine.batch_items.with_label_values(&[&name]).get_sample_sum();
    let steps = requests.steps.told(&name);
    let outcome = |outcome| {
        let own = requests.request_seconds.with_label_values(&[name.as_str(), outcome]);
        Some(duration(own.get_sample_count(), own.get_sample_sum()))
    };
    wire::ModelStatistics {
        name: reference.name.clone(),
        version: reference.version.clone(),
        last_inference: (requests.last_answer.with_label_values(&[&name]).get() * 1e3).round() as u64,
        inference_count: items.round() as u64,
        execution_count: calls.get_sample_count(),
        inference_stats: Some(wire::InferStatistics {
            success: outcome(InferenceMetrics::ANSWERED),
            fail: outcome(InferenceMetrics::FAILED),
            queue: Some(tally(steps.queue)),
            compute_input: Some(tally(steps.input)),
            compute_infer: Some(duration(calls.get_sample_count(), calls.get_sample_sum())),
            compute_output: Some(tally(steps.output)),
        }),
        batch_stats: steps.batches.into_iter().map(of_batch).collect(),
    }
}

fn of_batch((items, calls): (usize, Tally)) -> InferBatchStatistics {
    InferBatchStatistics { batch_size: items as u64, compute_infer: Some(tally(calls)) }
}

fn tally(own: Tally) -> StatisticDuration {
    duration(own.count, own.total.as_secs_f64())
}

fn duration(count: u64, seconds: f64) -> StatisticDuration {
    StatisticDuration { count, ns: (seconds * 1e9).round() as u64 }
}
