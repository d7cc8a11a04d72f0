//! From a model's logits to an answer.

use crate::shown::Shown;
use crate::step::{Scope, ScoreRequest};
use crate::utterance::Stability;
use crate::{Answer, Checkpoint, ResumePoint, StreamFailure};
use std::time::Duration;
use undertone_core::{ErrorKind, Model, Probabilities, TimeParts};

/// Turns the scores of one stream into answers.
#[derive(Debug, Default)]
pub(crate) struct Answering {
    sequence: u64,
    stability: Stability,
    shown: Shown,
    pub(crate) finals: u32,
    queue: Duration,
    features: Duration,
}

impl Answering {
    /// Goes on behind the answers that were given until `from`.
    pub(crate) fn going_on(from: ResumePoint, hysteresis: f32) -> Self {
        Self {
            sequence: from.sequence,
            finals: from.finals,
            shown: Shown::new(hysteresis),
            ..Self::default()
        }
    }

    /// `checkpoint` with the answers given so far.
    pub(crate) fn resume_point(&self, checkpoint: Checkpoint) -> ResumePoint {
        ResumePoint { checkpoint, sequence: self.sequence, finals: self.finals }
    }

    /// Audio waited and was worked on; the next answer tells for how long.
    pub(crate) fn spend(&mut self, queue: Duration, features: Duration) {
        self.queue = self.queue.max(queue);
        self.features += features;
    }

    /// The answer to `request`.
    pub(crate) fn answer(
        &mut self,
        request: &ScoreRequest,
        logits: &[f32],
        model: &dyn Model,
        scoring: &ScoringFacts,
    ) -> Result<Answer, StreamFailure> {
        let temperature = match request.scope {
            Scope::Whole => model.temperature(),
            Scope::GoingOn { .. } => model.streaming().map_or(model.temperature(), |own| own.temperature),
        };
        let probabilities = Probabilities::from_logits(logits, temperature)
            .ok_or_else(|| not_finite(model, request.utterance))?;
        let abstain_below = scoring.abstain_below.or(model.abstain_below()).unwrap_or(0.0);
        self.sequence += 1;
        self.finals += u32::from(request.trigger.is_final());
        Ok(Answer {
            sequence: self.sequence,
            utterance: request.utterance,
            trigger: request.trigger,
            stability: self.stability.of(request.utterance, request.trigger, &probabilities),
            interval: request.interval,
            shown: self.shown.label(request.utterance, request.trigger.is_final(), &probabilities),
            abstained: probabilities.top().probability < abstain_below,
            plausible: model
                .plausible_from()
                .map_or_else(Vec::new, |threshold| probabilities.plausible(threshold)),
            probabilities,
            audio_processed: request.audio_processed,
            heard: request.heard,
            time_parts: TimeParts {
                queue: std::mem::take(&mut self.queue) + scoring.beside,
                features: std::mem::take(&mut self.features),
                inference: scoring.inference,
            },
            resume: request.checkpoint.map(|checkpoint| self.resume_point(checkpoint)),
            frames: None,
        })
    }
}

/// How an answer came about, beside its scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoringFacts {
    /// The answer's part of the time that its batch took.
    pub(crate) inference: Duration,
    /// The others' part: it waited for them.
    pub(crate) beside: Duration,
    /// The engine's threshold, which goes before the model's.
    pub(crate) abstain_below: Option<f32>,
}

fn not_finite(model: &dyn Model, utterance: u32) -> StreamFailure {
    StreamFailure {
        kind: ErrorKind::Plugin,
        message: format!("model {} gave no finite scores for utterance {utterance}", model.reference()),
        retry_after: None,
    }
}
