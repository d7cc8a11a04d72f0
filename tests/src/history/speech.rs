//! How somebody speaks, and what a model says about it.

use super::dice::Dice;
use crate::answer;
use std::time::Duration;
use undertone_core::{StreamId, TimeParts, UtteranceRecord};

const LABELS: [&str; 8] = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"];
/// How often a label is meant, before anybody's own inclination.
const USUAL: [f64; 8] = [2.2, 1.6, 0.9, 0.4, 0.5, -0.6, -0.9, 0.0];

/// How somebody speaks in a call.
pub(super) struct Speech {
    /// Towards each label.
    inclination: [f64; 8],
}

impl Speech {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self { inclination: USUAL.map(|usual| usual + dice.normal()) }
    }

    /// What a model says about an utterance of the call.
    pub(super) fn answer(&mut self, stream: StreamId, utterance: u32, dice: &mut Dice) -> UtteranceRecord {
        let mut answer = answer(stream, utterance);
        let weights = self.inclination.map(|own| (1.5 * (own + dice.normal())).exp());
        let sum: f64 = weights.iter().sum();
        answer.labels = LABELS.map(str::to_owned).to_vec();
        answer.probabilities = weights.iter().map(|weight| (weight / sum) as f32).collect();
        let top = (0..8).max_by(|&a, &b| weights[a].total_cmp(&weights[b])).unwrap_or(0);
        answer.top = LABELS[top].to_owned();
        answer.confidence = answer.probabilities[top];
        answer.abstained = answer.confidence < 0.35;
        let mut micros = |typical: f64| Duration::from_micros((typical * (0.5 * dice.normal()).exp()) as u64);
        answer.time_parts =
            TimeParts { queue: micros(300.0), features: micros(4_000.0), inference: micros(2_500.0) };
        answer
    }
}
