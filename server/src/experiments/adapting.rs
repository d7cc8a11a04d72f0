//! Weights that follow the evidence.

use super::life::{Author, Step};
use super::report;
use super::{Kept, Refusal};
use crate::recognition::Recognition;
use std::collections::BTreeMap;
use std::sync::Arc;
use undertone_core::{Role, UnixMicros};
use undertone_experiments::{ArmIndex, Tally, thompson_weights};

/// Who takes these steps.
const WHO: &str = "thompson sampling";
/// Weights stay where no arm's would change by a percent: every change moves people.
const LEAST_CHANGE: u16 = 100;
const BUCKETS_OF_PERCENT: f64 = 100.0;

/// Gives the arms of an experiment the weights that its answers suggest, where its definition wants that and the last change
/// is long enough ago. Servers that look at the same time write one revision.
pub(super) async fn adapt(recognition: &Recognition, kept: &Arc<Kept>) -> Result<(), Refusal> {
    let Some(adaptive) = &kept.document.adaptive else { return Ok(()) };
    if !is_due(kept, recognition.clock.now()) {
        return Ok(());
    }
    let arms = playing(kept);
    let tallies = report::rewards(recognition, kept).await?;
    let tallies: Vec<Tally> =
        arms.iter().map(|arm| tallies.get(arm.0).copied().unwrap_or_default()).collect();
    if tallies.iter().all(|own| own.right + own.wrong == 0) {
        return Ok(());
    }
    let weights = thompson_weights(&tallies, adaptive.floor_buckets(), kept.revision);
    let weights = weights.map_err(|error| Refusal::NotNow(error.to_string()))?;
    if weights.iter().zip(&arms).all(|(own, arm)| own.abs_diff(kept.arms()[arm.0].weight) < LEAST_CHANGE) {
        return Ok(());
    }
    let named =
        |own: (&ArmIndex, &u16)| (kept.arms()[own.0.0].name.clone(), f64::from(*own.1) / BUCKETS_OF_PERCENT);
    let step = Step::Allocate(arms.iter().zip(&weights).map(named).collect::<BTreeMap<_, _>>());
    let author = Author { who: WHO.to_owned(), why: reason(kept, &arms, &tallies) };
    match recognition.experiments.catalog.change(kept.key(), author, step).await {
        // Another server saw the same, or somebody ended the experiment.
        Ok(_) | Err(Refusal::Changed | Refusal::NotNow(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

fn is_due(kept: &Kept, now: UnixMicros) -> bool {
    let pause = kept.document.adaptive.as_ref().and_then(super::document::Adaptive::pause);
    let since = kept.progress.weighed_at_micros.or(kept.progress.started_at_micros);
    pause.zip(since).is_some_and(|(pause, since)| {
        let passed = u128::try_from(now.0.saturating_sub(since)).unwrap_or(0);
        passed >= pause.as_micros()
    })
}

/// The live arms that were not stopped.
fn playing(kept: &Kept) -> Vec<ArmIndex> {
    let arms = kept.arms().iter().enumerate();
    let live = arms.filter(|(_, arm)| arm.role == Role::Live && kept.progress.stopped(&arm.name).is_none());
    live.map(|(place, _)| ArmIndex(place)).collect()
}

fn reason(kept: &Kept, arms: &[ArmIndex], tallies: &[Tally]) -> String {
    let told = arms
        .iter()
        .zip(tallies)
        .map(|(arm, own)| format!("{} {} of {}", kept.arms()[arm.0].name, own.right, own.right + own.wrong));
    let told: Vec<String> = told.collect();
    format!("right answers, every subject counting once: {}", told.join(", "))
}
