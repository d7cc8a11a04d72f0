//! Experiments in the running server: which model a stream gets, models that listen along, and what the answers prove.

mod adapting;
mod catalog;
mod checking;
mod choice;
mod clockwork;
mod document;
mod eligibility;
mod kept;
mod life;
mod metric_name;
mod participation;
mod planning;
mod progress;
mod refusal;
pub(crate) mod report;
mod shadows;

pub(crate) use catalog::Catalog;
pub(crate) use checking::Means;
pub(crate) use choice::{Choice, Wish};
pub(crate) use clockwork::Clockwork;
pub(crate) use document::Document;
pub(crate) use kept::Kept;
pub(crate) use life::{Author, Step};
pub(crate) use metric_name::of as metric_name_of;
pub(crate) use participation::Participation;
pub(crate) use planning::{Forecast, estimate, margin};
pub(crate) use refusal::Refusal;
pub(crate) use shadows::Shadows;

use crate::recognition::{Recognition, Source};
use crate::settings::{Settings, StoreSettings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use undertone_core::{Clock, Frames};
use undertone_engine::Answer;
use undertone_store::{ExperimentStore, Exposure};

/// Exposures that may wait to be written; then answers wait.
const EXPOSURE_QUEUE: usize = 1024;

/// What the running server knows of experiments.
pub(crate) struct Experiments {
    pub(crate) catalog: Catalog,
    pub(crate) shadows: Shadows,
    exposures: mpsc::Sender<Exposure>,
    /// Answers that a report looks at.
    pub(crate) report_answers: u32,
    /// How long Postgres keeps answers; none: for ever, as the journal does.
    pub(crate) retention: Option<Duration>,
    /// The engine's threshold of abstention, which goes before a model's own.
    pub(crate) abstain_below: Option<f32>,
}

impl Experiments {
    /// With what receives the exposures. Without a store there are no experiments.
    pub(crate) fn new(
        settings: &Settings,
        store: Option<Arc<ExperimentStore>>,
        clock: Arc<dyn Clock>,
    ) -> (Self, mpsc::Receiver<Exposure>) {
        let (exposures, written) = mpsc::channel(EXPOSURE_QUEUE);
        let Settings { experiments: settings, store: StoreSettings { url, shipping }, engine, .. } = settings;
        let experiments = Self {
            catalog: Catalog::new(store, clock),
            shadows: Shadows::new(settings.shadow_queue, settings.shadow_within),
            exposures,
            report_answers: settings.report_answers,
            retention: url.as_ref().and(shipping.keeping.retention),
            abstain_below: engine.abstain_below,
        };
        (experiments, written)
    }

    /// A final answer was recorded: its unit is exposed, and the models that listen along are asked.
    pub(crate) async fn follow(
        &self,
        recognition: &Arc<Recognition>,
        source: &Source,
        answer: &Answer,
        frames: Option<Frames>,
    ) {
        let Some(participation) = &source.participation else { return };
        if let Some(exposure) = participation.expose(&source.unit(), source.id, self.catalog.now()) {
            // Fails only when the server has stopped writing, after its calls have ended.
            let _ = self.exposures.send(exposure).await;
        }
        self.shadows.follow(recognition, source, answer, frames);
    }
}
