//! Accuracy, recall, precision and confusion.

use super::counts::{Counts, share};
use crate::evidence::{Judged, LABELS};
use serde::Serialize;
use undertone_core::Emotion;

/// How well one emotion is told from the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmotionFigures {
    /// The emotion.
    pub emotion: &'static str,
    /// Clips that have it.
    pub clips: usize,
    /// Clips that were answered with it.
    pub answers: usize,
    /// Share of its clips that were answered with it; `None` without clips.
    pub recall: Option<f64>,
    /// Share of the answers with it that are right; `None` without answers.
    pub precision: Option<f64>,
}

/// Figures over a set of clips. A clip without an answer counts as wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Number of clips.
    pub clips: usize,
    /// Clips in which no speech was found.
    pub without_answer: usize,
    /// Share of clips named right; 0 without clips.
    pub accuracy: f64,
    /// Mean of the recalls of the emotions that occur (unweighted average recall, Schuller et al. 2009).
    pub uar: f64,
    /// Each emotion, in the order of [`Emotion::ALL`].
    pub emotions: Vec<EmotionFigures>,
    /// How many clips of the row's emotion were answered with the column's, in that order.
    pub confusion: [[usize; LABELS]; LABELS],
}

impl Figures {
    /// How many emotions the clips have; whoever guesses names one in so many right.
    pub(crate) fn emotions_heard(&self) -> usize {
        self.emotions.iter().filter(|emotion| emotion.clips > 0).count()
    }

    /// Counts `judged`.
    pub fn of(judged: &[Judged]) -> Self {
        let counts = Counts::of(judged);
        let confusion = confusion(judged);
        Self {
            clips: judged.len(),
            without_answer: judged.iter().filter(|own| own.answer.is_none()).count(),
            accuracy: counts.accuracy(),
            uar: counts.uar(),
            emotions: Emotion::ALL.map(|emotion| of_emotion(emotion, judged, &confusion)).to_vec(),
            confusion,
        }
    }
}

fn confusion(judged: &[Judged]) -> [[usize; LABELS]; LABELS] {
    let mut confusion = [[0; LABELS]; LABELS];
    for own in judged {
        if let Some(answer) = &own.answer {
            confusion[own.truth.index()][answer.label().index()] += 1;
        }
    }
    confusion
}

fn of_emotion(emotion: Emotion, judged: &[Judged], confusion: &[[usize; LABELS]; LABELS]) -> EmotionFigures {
    let label = emotion.index();
    let clips = judged.iter().filter(|own| own.truth == emotion).count();
    let answers = confusion.iter().map(|row| row[label]).sum();
    let right = confusion[label][label];
    let (recall, precision) = (share(right, clips), share(right, answers));
    EmotionFigures { emotion: emotion.name(), clips, answers, recall, precision }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::example::{silent, sure};
    use Emotion::{Calm, Happy, Sad};

    #[test]
    fn every_emotion_that_occurs_weighs_the_same_in_the_average_recall() {
        let mut judged = vec![sure(Happy, Happy, 0.9); 9];
        judged.push(sure(Sad, Happy, 0.9));
        let figures = Figures::of(&judged);
        assert!((figures.accuracy - 0.9).abs() < 1e-12 && (figures.uar - 0.5).abs() < 1e-12);
        assert_eq!(figures.confusion[Sad.index()][Happy.index()], 1);
        assert_eq!(figures.emotions[Happy.index()].precision, Some(0.9));
        assert_eq!(figures.emotions[Calm.index()].recall, None);
    }

    #[test]
    fn a_clip_without_an_answer_is_wrong_and_stands_in_no_column() {
        let figures = Figures::of(&[silent(Calm), sure(Calm, Calm, 0.9)]);
        assert_eq!((figures.without_answer, figures.accuracy, figures.uar), (1, 0.5, 0.5));
        assert_eq!(figures.confusion[Calm.index()].iter().sum::<usize>(), 1);
    }

    #[test]
    fn no_clips_give_zeros() {
        let figures = Figures::of(&[]);
        assert_eq!((figures.accuracy, figures.uar), (0.0, 0.0));
    }
}
