//! Looks by the clock how far models are from their training, and tells it in the metrics.

use super::Figures;
use std::sync::Arc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use undertone_core::UnixMicros;
use undertone_store::{AnalyticsFilter, AnalyticsQuery, Grouping, Step};
use undertone_telemetry::Metrics;

/// Looks every `drift.every`, until `stop`.
pub(crate) async fn watch_drift(figures: Figures, metrics: Arc<Metrics>, stop: CancellationToken) {
    metrics.drift.stability_threshold.set(figures.drift.stability_index);
    metrics.drift.divergence_threshold.set(figures.drift.divergence);
    let mut clock = tokio::time::interval(figures.drift.every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = clock.tick() => {}
        }
        let looked = look(&figures, &metrics).await;
        if let (Err(status), false) = (&looked, failing) {
            tracing::warn!(error = status.message(), "drift from training cannot be looked at");
        }
        failing = looked.is_err();
    }
}

async fn look(figures: &Figures, metrics: &Metrics) -> Result<(), tonic::Status> {
    let now = figures.clock.now();
    let window = i64::try_from(figures.drift.window.as_micros()).unwrap_or(i64::MAX);
    // Up to the end of the hour that is not over.
    let step = Step::Hour;
    let query = AnalyticsQuery {
        from: UnixMicros(now.0.saturating_sub(window)),
        to: UnixMicros(now.0.saturating_add(step.micros())),
        step,
        filter: AnalyticsFilter::default(),
        grouping: Grouping { model: true, version: true, arm: false, role: false },
    };
    let models = figures.drift_from_training(&query).await?;
    // What is not there any more has no value any more.
    metrics.drift.stability_index.reset();
    metrics.drift.divergence.reset();
    for model in &models {
        let name = format!("{}@{}", model.model, model.version);
        for measure in model.measures.iter().filter(|own| own.answers >= figures.drift.min_answers) {
            let labels = [name.as_str(), measure.measure.as_str()];
            metrics.drift.stability_index.with_label_values(&labels).set(measure.stability_index);
            metrics.drift.divergence.with_label_values(&labels).set(measure.divergence);
        }
    }
    Ok(())
}
