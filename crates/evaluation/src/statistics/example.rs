//! Answers that tests reason about.

use crate::evidence::{Answer, Judged, LABELS, Prediction};
use undertone_core::Emotion;

/// `answer` with probability `confidence`, the rest spread evenly.
pub(crate) fn sure(truth: Emotion, answer: Emotion, confidence: f32) -> Judged {
    let mut probabilities = [(1.0 - confidence) / (LABELS - 1) as f32; LABELS];
    probabilities[answer.index()] = confidence;
    Judged { truth, answer: Some(Answer::new(&probabilities).expect("they sum to 1")) }
}

/// A clip in which no speech was found.
pub(crate) const fn silent(truth: Emotion) -> Judged {
    Judged { truth, answer: None }
}

/// A calm clip of the first speaker, which was named right or was not.
pub(crate) fn said(clip: &str, right: bool) -> Prediction {
    let answer = sure(Emotion::Calm, if right { Emotion::Calm } else { Emotion::Happy }, 0.9).answer;
    Prediction { clip: clip.to_owned(), speaker: "01".to_owned(), fold: 0, truth: Emotion::Calm, answer }
}
