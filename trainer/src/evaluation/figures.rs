//! Accuracy, recall and confusion.

use crate::dataset::Speaker;
use serde::Serialize;
use std::collections::BTreeMap;
use undertone_core::Emotion;

/// One clip's label and what was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Who speaks.
    pub speaker: Speaker,
    /// The acted emotion.
    pub label: Emotion,
    /// The answer; a clip without one counts as wrong.
    pub answer: Option<Emotion>,
}

/// Figures over a set of clips.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Number of clips.
    pub clips: usize,
    /// Clips in which no speech was found; they count as wrong.
    pub without_answer: usize,
    /// Share of clips named right.
    pub accuracy: f64,
    /// Mean of the recalls (unweighted average recall).
    pub uar: f64,
    /// Share of an emotion's clips named right, for each emotion that has clips.
    pub recall: BTreeMap<String, f64>,
    /// Share of a speaker's clips named right.
    pub speaker_accuracy: BTreeMap<String, f64>,
    /// How many clips of the row's emotion were given the column's, in the order of the labels.
    pub confusion: Vec<Vec<usize>>,
}

impl Figures {
    /// Counts `outcomes`. All figures are 0 when there is none.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let labels = Emotion::ALL.len();
        let mut confusion = vec![vec![0; labels]; labels];
        for outcome in outcomes {
            if let Some(answer) = outcome.answer {
                confusion[outcome.label.index()][answer.index()] += 1;
            }
        }
        let recall = shares(outcomes, |outcome| outcome.label.name());
        Self {
            clips: outcomes.len(),
            without_answer: outcomes.iter().filter(|outcome| outcome.answer.is_none()).count(),
            accuracy: share(outcomes.iter()),
            uar: recall.values().sum::<f64>() / recall.len().max(1) as f64,
            recall,
            speaker_accuracy: shares(outcomes, |outcome| outcome.speaker.name()),
            confusion,
        }
    }
}

fn shares<'a>(outcomes: &'a [Outcome], group: impl Fn(&'a Outcome) -> &'a str) -> BTreeMap<String, f64> {
    let mut groups: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        groups.entry(group(outcome).to_owned()).or_default().push(outcome);
    }
    groups.into_iter().map(|(name, members)| (name, share(members.into_iter()))).collect()
}

fn share<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> f64 {
    let (mut right, mut all) = (0_usize, 0_usize);
    for outcome in outcomes {
        right += usize::from(outcome.answer == Some(outcome.label));
        all += 1;
    }
    right as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(speaker: &str, label: Emotion, answer: Option<Emotion>) -> Outcome {
        Outcome { speaker: Speaker::new(speaker), label, answer }
    }

    #[test]
    fn every_emotion_weighs_the_same_in_the_average_recall() {
        let mut outcomes = vec![outcome("1", Emotion::Happy, Some(Emotion::Happy)); 9];
        outcomes.push(outcome("2", Emotion::Sad, Some(Emotion::Happy)));
        let figures = Figures::of(&outcomes);
        assert!((figures.accuracy - 0.9).abs() < 1e-9 && (figures.uar - 0.5).abs() < 1e-9);
        assert_eq!(figures.confusion[Emotion::Sad.index()][Emotion::Happy.index()], 1);
        assert_eq!(figures.speaker_accuracy["02"], 0.0);
    }

    #[test]
    fn a_clip_without_an_answer_is_wrong() {
        let outcomes = [outcome("1", Emotion::Calm, None), outcome("1", Emotion::Calm, Some(Emotion::Calm))];
        let figures = Figures::of(&outcomes);
        assert_eq!((figures.without_answer, figures.accuracy), (1, 0.5));
    }
}
