//! What happens with experiments by the clock: exposures are written, changes of other servers are heard of, and guardrails
//! are looked at.

use super::life::{Author, Step};
use super::{Kept, Refusal, adapting, report};
use crate::recognition::Recognition;
use crate::settings::ExperimentSettings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use undertone_core::{Model, Role};
use undertone_experiments::{ArmIndex, State, Verdict};
use undertone_store::{ExperimentStore, Exposure, StoreError};

/// Exposures that are written in one transaction at most.
const GROUP: usize = 512;
/// Who acts where a guardrail does.
const GUARDRAIL: &str = "guardrail";
/// How long after a failure they are written again.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// The tasks behind experiments.
pub(crate) struct Clockwork {
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 3],
}

impl Clockwork {
    /// Starts the tasks over a recognition that has a store.
    pub(crate) fn start(
        recognition: &Arc<Recognition>,
        store: &Arc<ExperimentStore>,
        exposures: mpsc::Receiver<Exposure>,
        settings: &ExperimentSettings,
    ) -> Self {
        let stop = CancellationToken::new();
        let writing =
            tokio::spawn(write_exposures(store.clone(), recognition.clone(), exposures, stop.clone()));
        let hearing = tokio::spawn(hear(store.clone(), recognition.clone(), settings.refresh, stop.clone()));
        let watching = tokio::spawn(watch(recognition.clone(), settings.guardrails_every, stop.clone()));
        Self { stop, tasks: [writing, hearing, watching] }
    }

    /// Writes and ships what is left, and ends.
    pub(crate) async fn stop(self, store: &ExperimentStore) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of experiments did not end well");
            }
        }
        if let Err(error) = store.ship().await {
            tracing::warn!(error = %error.sentence(), "exposures and feedback stay on this machine until the next start");
        }
        store.close().await;
    }
}

async fn write_exposures(
    store: Arc<ExperimentStore>,
    recognition: Arc<Recognition>,
    mut exposures: mpsc::Receiver<Exposure>,
    stop: CancellationToken,
) {
    let mut group = Vec::with_capacity(GROUP);
    loop {
        let taken = tokio::select! {
            biased;
            taken = exposures.recv_many(&mut group, GROUP) => taken,
            () = stop.cancelled() => break,
        };
        if taken == 0 {
            break;
        }
        let Some(new) = write(&store, &group, &stop).await else {
            tracing::error!(lost = taken, "exposures could not be written before the end");
            break;
        };
        recognition.metrics.experiments.exposures.inc_by(new as u64);
        group.clear();
    }
}

/// Tries until they are written, or it is time to stop. Left-out exposures would not be left out at random.
async fn write(store: &ExperimentStore, group: &[Exposure], stop: &CancellationToken) -> Option<usize> {
    let mut told = false;
    loop {
        match store.expose(group).await {
            Ok(new) => return Some(new),
            Err(error) if !told => {
                tracing::error!(error = %error.sentence(), "exposures wait to be written");
                told = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(WRITE_AGAIN) => {}
            () = stop.cancelled() => return None,
        }
    }
}

/// Every `every`, brings what is only on this machine to Postgres, and reads what others changed.
async fn hear(
    store: Arc<ExperimentStore>,
    recognition: Arc<Recognition>,
    every: Duration,
    stop: CancellationToken,
) {
    let mut clock = tokio::time::interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut away = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = clock.tick() => {}
        }
        let heard = exchange(&store, &recognition).await;
        match heard {
            Err(error) if !away => {
                tracing::warn!(error = %error.sentence(), "experiments stay as they were last known");
                away = true;
            }
            Ok(()) if away => {
                tracing::info!("experiments are read again");
                away = false;
            }
            _ => {}
        }
    }
}

async fn exchange(store: &ExperimentStore, recognition: &Recognition) -> Result<(), StoreError> {
    recognition.experiments.catalog.refresh().await?;
    while store.ship().await? > 0 {}
    Ok(())
}

/// Every `every`, stops the arms that breach a guardrail or broke while they listened along, and has weights follow the evidence
/// where they do.
async fn watch(recognition: Arc<Recognition>, every: Duration, stop: CancellationToken) {
    let mut clock = tokio::time::interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = clock.tick() => {}
        }
        for kept in recognition.experiments.catalog.all().iter() {
            if kept.state != State::Running {
                continue;
            }
            if let Err(refusal) = adapting::adapt(&recognition, kept).await {
                tracing::warn!(tenant = kept.tenant, experiment = kept.name(), %refusal, "weights could not follow the evidence");
            }
            if let Err(refusal) = silence(&recognition, kept).await {
                tracing::warn!(tenant = kept.tenant, experiment = kept.name(), %refusal, "an arm whose model breaks could not be stopped");
            }
            if kept.document.guardrails.is_empty() {
                continue;
            }
            if let Err(refusal) = guard(&recognition, kept).await {
                tracing::warn!(tenant = kept.tenant, experiment = kept.name(), %refusal, "guardrails could not be looked at");
            }
        }
    }
}

/// Stops the arms that listen along with a model that is asked no more.
async fn silence(recognition: &Recognition, kept: &Arc<Kept>) -> Result<(), Refusal> {
    let models = recognition.models.ready();
    for (place, arm) in kept.arms().iter().enumerate().filter(|(_, arm)| arm.role == Role::Shadow) {
        let Ok(model) = models.resolve(kept.model_of(ArmIndex(place))) else { continue };
        if let Some(reason) = recognition.experiments.shadows.suspended(model.reference()) {
            stop_arm(recognition, kept, ("shadow guard", &arm.name, reason)).await?;
        }
    }
    Ok(())
}

async fn guard(recognition: &Recognition, kept: &Arc<Kept>) -> Result<(), Refusal> {
    let guard = report::guard(recognition, kept).await?;
    for own in &guard.guarded {
        let Verdict::Breached { reason } = &own.verdict else { continue };
        let Some(arm) = kept.arms().get(own.arm.0) else { continue };
        stop_arm(recognition, kept, (GUARDRAIL, &arm.name, reason.clone())).await?;
    }
    let Some(from) = guard.full_until else { return Ok(()) };
    let why =
        format!("{} answers were looked at, and the next ones are a block of their own", guard.block_answers);
    let author = Author { who: GUARDRAIL.to_owned(), why };
    match recognition.experiments.catalog.change(kept.key(), author, Step::LookAnew(from)).await {
        Ok(_) | Err(Refusal::Changed | Refusal::NotNow(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

async fn stop_arm(
    recognition: &Recognition,
    kept: &Kept,
    (who, arm, reason): (&str, &str, String),
) -> Result<(), Refusal> {
    if kept.progress.stopped(arm).is_some() {
        return Ok(());
    }
    let author = Author { who: who.to_owned(), why: reason.clone() };
    let step = Step::StopArm { arm: arm.to_owned(), reason: reason.clone() };
    match recognition.experiments.catalog.change(kept.key(), author, step).await {
        Ok(_) => {
            tracing::warn!(tenant = kept.tenant, experiment = kept.name(), arm, %reason, "an arm was stopped");
            let stopped = &recognition.metrics.experiments.arms_stopped;
            stopped.with_label_values(&[kept.tenant.as_str(), kept.name(), arm]).inc();
            Ok(())
        }
        // Another server saw the same, or somebody ended the experiment.
        Err(Refusal::Changed | Refusal::NotNow(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}
