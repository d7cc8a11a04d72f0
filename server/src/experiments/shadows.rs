//! Models that listen along: they score what was answered, behind everybody who waits for an answer, on threads that own no
//! stream. One that breaks again and again is asked no more.

use super::participation::Participation;
use crate::recognition::{Recognition, Source};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;
use undertone_core::{
    Frames, Model, ModelRef, PredictionId, Probabilities, Record, Role, TimeParts, UtteranceRecord,
};
use undertone_engine::{Answer, Question, QuestionError};
use undertone_experiments::ArmIndex;
use undertone_plugin_host::LoadedModel;

/// Bounds what models that listen along may take. What finds no place, or no turn in time, is dropped and counted.
#[derive(Debug)]
pub(crate) struct Shadows {
    places: Arc<Semaphore>,
    within: Duration,
    tasks: TaskTracker,
    /// How often each model broke at an utterance.
    broken: Mutex<HashMap<ModelRef, u32>>,
}

/// A model that broke so often is asked no more: each time it may have kept a thread for good. One break may be the machine's.
const MOST_BREAKS: u32 = 2;

/// What became of an utterance for a model that listens along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Recorded,
    /// As many wait as may, or it did not have its turn in time.
    Dropped,
    /// The utterance is too short or too long for the model.
    Unfit,
    /// The model gave no scores, or they could not be recorded.
    Failed,
    /// The model never came back, or panicked.
    Broken,
    /// The model broke too often before and was not asked.
    Suspended,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Dropped => "dropped",
            Self::Unfit => "unfit",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Suspended => "suspended",
        }
    }
}

/// An utterance for one model that listens along.
struct Task {
    recognition: Arc<Recognition>,
    participation: Arc<Participation>,
    arm: ArmIndex,
    model: Arc<LoadedModel>,
    /// The live answer's row, to be filled anew.
    row: UtteranceRecord,
    frames: Frames,
    _place: OwnedSemaphorePermit,
}

impl Shadows {
    /// At most `places` utterances wait at a time, each for at most `within`.
    pub(crate) fn new(places: usize, within: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            within,
            tasks: TaskTracker::new(),
            broken: Mutex::default(),
        }
    }

    /// Has the other models of the stream's experiment score what was just answered. Comes back at once.
    pub(crate) fn follow(
        &self,
        recognition: &Arc<Recognition>,
        source: &Source,
        answer: &Answer,
        frames: Option<Frames>,
    ) {
        let (Some(participation), Some(frames)) = (&source.participation, frames) else { return };
        for (arm, model) in &participation.shadows {
            let fits = model.min_frames()..=model.manifest().limits.max_frames as usize;
            if !fits.contains(&frames.len()) {
                count(recognition, model, Outcome::Unfit);
                continue;
            }
            if self.suspended(model.reference()).is_some() {
                count(recognition, model, Outcome::Suspended);
                continue;
            }
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                count(recognition, model, Outcome::Dropped);
                continue;
            };
            let task = Task {
                recognition: recognition.clone(),
                participation: participation.clone(),
                arm: *arm,
                model: model.clone(),
                row: recognition.utterance_record(PredictionId::generate(), source, answer),
                frames: frames.clone(),
                _place: place,
            };
            self.tasks.spawn(task.run(self.within));
        }
    }

    /// Why a model is asked no more, if it is not.
    pub(crate) fn suspended(&self, model: &ModelRef) -> Option<String> {
        let breaks = self.broken().get(model).copied().unwrap_or(0);
        let sentence = || format!("{model} broke at {breaks} utterances: it never came back, or it panicked");
        (breaks >= MOST_BREAKS).then(sentence)
    }

    fn note_break(&self, model: &ModelRef) {
        *self.broken().entry(model.clone()).or_default() += 1;
    }

    fn broken(&self) -> MutexGuard<'_, HashMap<ModelRef, u32>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what is under way; nothing may be asked for afterwards.
    pub(crate) async fn end(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Task {
    async fn run(self, within: Duration) {
        let (recognition, model) = (self.recognition.clone(), self.model.clone());
        let outcome = self.score(within).await;
        count(&recognition, &model, outcome);
    }

    async fn score(self, within: Duration) -> Outcome {
        let begun = Instant::now();
        let model: Arc<dyn Model> = self.model.clone();
        let question =
            Question { model, items: vec![self.frames], deadline: Some(begun + within), patient: true };
        let mut verdicts = match self.recognition.engine.ask(question).await {
            Ok(verdicts) => verdicts,
            Err(QuestionError::ModelLost) => {
                self.recognition.experiments.shadows.note_break(self.model.reference());
                return Outcome::Broken;
            }
            Err(_) => return Outcome::Dropped,
        };
        let logits = verdicts.pop().and_then(Result::ok);
        let scored = logits.and_then(|own| Probabilities::from_logits(&own, self.model.temperature()));
        let Some(probabilities) = scored else { return Outcome::Failed };
        let top = probabilities.top();
        let threshold =
            self.recognition.experiments.abstain_below.or(self.model.abstain_below()).unwrap_or(0.0);
        let place = u16::try_from(self.arm.0).unwrap_or(u16::MAX);
        let row = UtteranceRecord {
            prediction_id: PredictionId::of_shadow(self.row.stream_id, self.row.utterance, place),
            created_at: self.recognition.clock.now(),
            model: self.model.reference().clone(),
            arm: Some(self.participation.shadow_column(self.arm)),
            role: Role::Shadow,
            labels: self.model.labels().to_vec(),
            top: self.model.labels().get(top.label).cloned().unwrap_or_default(),
            confidence: top.probability,
            abstained: top.probability < threshold,
            probabilities: probabilities.values().to_vec(),
            // It waited for its turn by intent; what of the time the model took is not told apart.
            time_parts: TimeParts { queue: begun.elapsed(), ..TimeParts::default() },
            ..self.row
        };
        match self.recognition.record("shadow", Record::Utterance(row)).await {
            Ok(()) => Outcome::Recorded,
            Err(_) => Outcome::Failed,
        }
    }
}

fn count(recognition: &Recognition, model: &LoadedModel, outcome: Outcome) {
    let model = model.reference().to_string();
    recognition.metrics.experiments.shadows.with_label_values(&[model.as_str(), outcome.name()]).inc();
}
