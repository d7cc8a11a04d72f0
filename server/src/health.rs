//! `grpc.health.v1`: the server, its services, and every model by its names. They serve while `/readyz` says so: as long as a
//! model is ready and the journal takes new streams.

use crate::models::Models;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use undertone_core::Model;
use undertone_proto::inference::grpc_inference_service_server as inference;
use undertone_proto::v1::{
    analytics_server, experiments_server, feedback_server, models_server, recognizer_server, streams_server,
};
use undertone_store::JournalState;

/// The services that score audio: they serve while the server as a whole does.
const SCORING: [&str; 2] = [recognizer_server::SERVICE_NAME, inference::SERVICE_NAME];
/// The others answer until the server ends; one that lacks its database says so to each call.
const OTHERS: [&str; 5] = [
    models_server::SERVICE_NAME,
    feedback_server::SERVICE_NAME,
    experiments_server::SERVICE_NAME,
    analytics_server::SERVICE_NAME,
    streams_server::SERVICE_NAME,
];

/// What the answers depend on.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) models: Arc<Models>,
    pub(crate) journal: watch::Receiver<JournalState>,
}

/// Keeps the answers right until `stop`.
pub(crate) async fn follow(watched: Watched, health: HealthReporter, stop: CancellationToken) {
    let mut changes = watched.models.changes();
    let mut journal = watched.journal.clone();
    let mut told = BTreeSet::new();
    loop {
        changes.mark_unchanged();
        journal.mark_unchanged();
        tell(&health, &watched, &mut told).await;
        let changed = tokio::select! {
            changed = changes.changed() => changed,
            changed = journal.changed() => changed,
            () = stop.cancelled() => return,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Tells what is served now. `told` are the names of models that were said to be, as `NAME` and `NAME@VERSION`; those that
/// are not any more are NOT_SERVING from then on.
pub(crate) async fn tell(health: &HealthReporter, watched: &Watched, told: &mut BTreeSet<String>) {
    let ready = watched.models.ready();
    let names: BTreeSet<String> = ready
        .list()
        .flat_map(|model| [model.reference().name.clone(), model.reference().to_string()])
        .collect();
    let takes_streams = watched.journal.borrow().reason().is_none();
    let serving = |is: bool| if is { ServingStatus::Serving } else { ServingStatus::NotServing };
    for gone in told.difference(&names) {
        health.set_service_status(gone, ServingStatus::NotServing).await;
    }
    for name in &names {
        health.set_service_status(name, serving(takes_streams)).await;
    }
    let ready = takes_streams && !names.is_empty();
    health.set_service_status("", serving(ready)).await;
    for service in SCORING {
        health.set_service_status(service, serving(ready)).await;
    }
    for service in OTHERS {
        health.set_service_status(service, ServingStatus::Serving).await;
    }
    *told = names;
}

/// Tells that nothing is served any more.
pub(crate) async fn leave(health: &HealthReporter) {
    for service in SCORING.into_iter().chain(OTHERS).chain([""]) {
        health.set_service_status(service, ServingStatus::NotServing).await;
    }
}
