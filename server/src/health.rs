//! `grpc.health.v1`: the services as a whole, and every model by its names.

use crate::grpc::{InferenceService, RecognizerService};
use crate::models::Models;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use undertone_core::Model;
use undertone_proto::inference::grpc_inference_service_server::GrpcInferenceServiceServer;
use undertone_proto::v1::recognizer_server::RecognizerServer;

/// Keeps the answers right until `stop`.
pub(crate) async fn follow(models: Arc<Models>, health: HealthReporter, stop: CancellationToken) {
    let mut changes = models.changes();
    let mut told = BTreeSet::new();
    loop {
        changes.mark_unchanged();
        tell(&health, &models, &mut told).await;
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
    }
}

/// Tells what is served now. `told` are the names of models that were said to be, as `NAME` and `NAME@VERSION`; those that
/// are not any more are NOT_SERVING from then on.
pub(crate) async fn tell(health: &HealthReporter, models: &Models, told: &mut BTreeSet<String>) {
    let ready = models.ready();
    let names: BTreeSet<String> = ready
        .list()
        .flat_map(|model| [model.reference().name.clone(), model.reference().to_string()])
        .collect();
    for gone in told.difference(&names) {
        health.set_service_status(gone, ServingStatus::NotServing).await;
    }
    for name in &names {
        health.set_service_status(name, ServingStatus::Serving).await;
    }
    if names.is_empty() {
        health.set_not_serving::<RecognizerServer<RecognizerService>>().await;
        health.set_not_serving::<GrpcInferenceServiceServer<InferenceService>>().await;
    } else {
        health.set_serving::<RecognizerServer<RecognizerService>>().await;
        health.set_serving::<GrpcInferenceServiceServer<InferenceService>>().await;
    }
    *told = names;
}
