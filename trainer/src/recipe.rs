//! What is trained, and how: a TOML file per model.

use crate::dataset::{Line, Playing};
use crate::evaluation::DecisionRule;
use crate::protocol::FoldId;
use crate::training::Plan;
use crate::{Architecture, Context, Normalisation, SplitRule, TrainError};
use serde::{Deserialize, Serialize};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use undertone_bundle::is_model_name;
use undertone_evaluation::{Protocol, RunId};
use undertone_features::{Block, FeatureExtractor, LogMel, LogScale};

/// A model's recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecipe {
    /// The model's name.
    pub name: String,
    /// One sentence for lists and cards.
    pub description: String,
    /// Name of the feature recipe.
    pub features: String,
    /// Other corpora of the data set's list that are learnt from, too, and never measured by. Clips of held-out speakers
    /// are left out of them.
    #[serde(default)]
    pub more_corpora: Vec<String>,
    /// Playing speeds at which clips to learn from are heard, in percent (pitch moves too).
    pub speeds_percent: Vec<u32>,
    /// Clips to learn from are heard at these pitches, too, in cents above the recorded one, at the same pace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pitches_cents: Vec<i32>,
    /// Clips to learn from are heard over these telephone lines, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// All trainings take so many times their epochs under the protocol `random80`, where longer ones pay.
    #[serde(default = "once")]
    pub random80_times: f32,
    /// What is promised about answers.
    #[serde(default)]
    pub decision: DecisionRule,
    /// So many networks of full context learn apart and answer together. The first one sets temperature and thresholds by
    /// the validation clips; the others learn from these as well.
    #[serde(default = "alone")]
    pub ensemble: usize,
    /// The network of full context.
    pub whole: Architecture,
    /// How it learns.
    #[serde(default)]
    pub whole_plan: Plan,
    /// The causal network, taught by the other one.
    pub stream: Architecture,
    /// How it learns.
    #[serde(default)]
    pub stream_plan: Plan,
}

/// An octave down to an octave up.
const PITCHES: RangeInclusive<i32> = -1_200..=1_200;

fn repeats<T: PartialEq>(values: &[T]) -> bool {
    values.iter().enumerate().any(|(place, value)| values[..place].contains(value))
}

fn alone() -> usize {
    1
}

fn once() -> f32 {
    1.0
}

/// One of the two sides of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The networks of full context, for final results.
    Whole,
    /// The causal network, for interim updates.
    Stream,
}

impl TrainingRecipe {
    /// Reads a recipe; every mistake of it is named with the file.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = fs::read_to_string(path).map_err(TrainError::file("read", path))?;
        let refuse = |reason: String| TrainError::TrainingRecipe { path: path.to_owned(), reason };
        let recipe: Self = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let mistakes = recipe.mistakes();
        if mistakes.is_empty() { Ok(recipe) } else { Err(refuse(mistakes.join("; "))) }
    }

    /// The recipe as its file holds it.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self).map_err(TrainError::Unwritable)
    }

    /// Values per frame of its features; 0 when there is no such feature recipe.
    pub fn dim(&self) -> usize {
        let features = undertone_features::Recipe::named(&self.features);
        features.and_then(|recipe| FeatureExtractor::new(&recipe).ok()).map_or(0, |own| own.layout().dim)
    }

    /// Whether the frames are natural logarithms of mel powers, as augmentation takes them.
    fn has_mel_powers(&self) -> bool {
        let natural =
            |block: &Block| matches!(block, Block::LogMel(LogMel { log: LogScale::Natural { .. }, .. }));
        undertone_features::Recipe::named(&self.features).is_none_or(|own| own.blocks.iter().all(natural))
    }

    /// The ways in which every clip is prepared. Those to be measured by are heard as recorded all the same.
    pub fn playings(&self) -> Vec<Playing> {
        let speeds = self.speeds_percent.iter().copied().map(Playing::Speed);
        let pitches = self.pitches_cents.iter().copied().map(Playing::Pitch);
        speeds.chain(pitches).chain(self.lines.iter().copied().map(Playing::Line)).collect()
    }

    /// One of the networks with its plan.
    pub fn side(&self, side: Side) -> (&Architecture, &Plan) {
        match side {
            Side::Whole => (&self.whole, &self.whole_plan),
            Side::Stream => (&self.stream, &self.stream_plan),
        }
    }

    /// The plan of a side's networks for a training.
    pub fn plan(&self, side: Side, split: &SplitRule, seed: u32) -> Plan {
        let (_, plan) = self.side(side);
        let times = match split {
            SplitRule::Fold(FoldId { run: RunId { protocol: Protocol::Random80, .. }, .. }) => {
                self.random80_times
            }
            _ => 1.0,
        };
        Plan { seed, epochs: (plan.epochs as f32 * times).ceil() as usize, ..plan.clone() }
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.dim() == 0 {
            mistakes.push(format!("features: there is no feature recipe {:?}", self.features));
        }
        if !is_model_name(&self.name) {
            let rule = "must begin with a lower-case letter, and hold such letters, digits, - and _ only";
            mistakes.push(format!("name: {:?} {rule}", self.name));
        }
        if !self.speeds_percent.contains(&100) {
            mistakes.push("speeds_percent: 100 is missing, clips are measured as recorded".into());
        }
        if let Some(speed) = self.speeds_percent.iter().find(|speed| !(50..=200).contains(*speed)) {
            mistakes.push(format!("speeds_percent: {speed} is not between 50 and 200"));
        }
        if let Some(cents) = self.pitches_cents.iter().find(|cents| !PITCHES.contains(cents) || **cents == 0)
        {
            mistakes.push(format!("pitches_cents: {cents} is not between -1200 and 1200, without 0"));
        }
        if repeats(&self.speeds_percent) {
            mistakes.push("speeds_percent: one stands twice".into());
        }
        if repeats(&self.pitches_cents) {
            mistakes.push("pitches_cents: one stands twice".into());
        }
        if repeats(&self.lines) {
            mistakes.push("lines: one stands twice".into());
        }
        if self.stream.context != Context::Causal {
            mistakes.push("stream.context: must be causal, it answers before the utterance ends".into());
        }
        if self.stream.normalisation == Normalisation::Utterance {
            mistakes
                .push("stream.normalisation: must be running, the utterance's mean is not known yet".into());
        }
        for (name, architecture) in [("whole", &self.whole), ("stream", &self.stream)] {
            if architecture.body.widths().contains(&0) {
                mistakes.push(format!("{name}.body: a width is 0"));
            }
        }
        if self.whole.normalisation != self.stream.normalisation {
            mistakes.push("stream.normalisation: differs from the one of its teacher".into());
        }
        if let Normalisation::Running { prior_frames } = self.whole.normalisation
            && !(prior_frames.is_finite() && prior_frames > 0.0)
        {
            mistakes.push(format!("whole.normalisation: {prior_frames} prior frames are not above 0"));
        }
        if !(self.decision.coverage > 0.0 && self.decision.coverage < 1.0) {
            mistakes.push("decision.coverage: must be above 0 and below 1".into());
        }
        if !(0.0..=1.0).contains(&self.decision.abstain_error) {
            mistakes.push("decision.abstain_error: must be between 0 and 1".into());
        }
        if self.ensemble == 0 {
            mistakes.push("ensemble: must be at least 1".into());
        }
        if !(self.random80_times.is_finite() && self.random80_times >= 1.0) {
            mistakes.push(format!("random80_times: {} is not at least 1", self.random80_times));
        }
        for (name, plan) in [("whole_plan", &self.whole_plan), ("stream_plan", &self.stream_plan)] {
            mistakes.extend(plan.mistakes().into_iter().map(|mistake| format!("{name}.{mistake}")));
            let unfit = if self.has_mel_powers() { Vec::new() } else { plan.augmentation.of_mel_powers() };
            mistakes.extend(unfit.into_iter().map(|setting| {
                format!("{name}.augmentation.{setting}: changes natural logarithms of mel powers, which {} has not: set it to 0", self.features)
            }));
        }
        mistakes
    }
}

impl Side {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
        }
    }
}
