//! What evidence says about a bundle whose weights learnt from every speaker.

use anyhow::Context;
use undertone_evaluation::{Evidence, Summary};
use undertone_trainer::TrainingRecipe;
use undertone_trainer::evaluation::{Decision, DecisionRule};

/// What a bundle takes from cross-validation.
pub(super) struct Quoted {
    pub(super) summary: Summary,
    pub(super) decision: Decision,
    pub(super) stream_temperature: Option<f32>,
}

impl Quoted {
    pub(super) fn of(recipe: &TrainingRecipe, evidence: &Evidence) -> anyhow::Result<Self> {
        recipe.check_evidence(evidence.runs())?;
        let decision = recipe.decision.fit_to_evidence(evidence);
        let decision =
            decision.context("the evidence holds no speaker-independent folds with a temperature")?;
        let stream_temperature = DecisionRule::stream_temperature(evidence);
        Ok(Self { summary: Summary::of(evidence), decision, stream_temperature })
    }
}
