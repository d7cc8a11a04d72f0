//! Frees versions that nobody has any more: the workers' instances, the plugins, and what was unpacked.

use super::Models;
use super::admission::{Key, reference_of};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use undertone_core::ModelRef;
use undertone_plugin_host::give_memory_back;

/// What was measured about so many freed versions can still be read; of more, the oldest are forgotten.
const REMEMBERED: usize = 8;

/// Frees versions until `stop`.
pub(super) async fn run(models: Arc<Models>, stop: CancellationToken) {
    let mut freed = VecDeque::new();
    loop {
        tokio::select! {
            () = models.freed.notified() => {}
            () = stop.cancelled() => return,
        }
        let drained = models.shelf().drained();
        for key in drained {
            freed.push_back(reference_of(&key));
            // One whose plugin never comes back holds up nobody else.
            tokio::spawn(free(models.clone(), key));
        }
        forget_the_oldest(&models, &mut freed);
    }
}

async fn free(models: Arc<Models>, key: Key) {
    let reference = reference_of(&key);
    let leftovers = models.engine.give_up(&reference).await;
    let parts = models.shelf().unload(&key);
    // Destroying sessions takes its time, and a thread that may wait has it.
    let free = move || {
        drop((leftovers, parts));
        give_memory_back();
    };
    let freed = tokio::task::spawn_blocking(free).await;
    if freed.is_err() {
        tracing::error!(model = %reference, "freeing a model failed");
    }
    models.publish(&models.shelf());
    tracing::info!(model = %reference, "freed: its last stream has ended");
}

fn forget_the_oldest(models: &Models, freed: &mut VecDeque<ModelRef>) {
    while freed.len() > REMEMBERED {
        let Some(reference) = freed.pop_front() else { return };
        let name = reference.to_string();
        if models.resolve(&name).is_err() && models.still_held(&name).is_none() {
            models.metrics.engine.forget(&name);
            models.metrics.inference.forget(&name);
        }
    }
}
