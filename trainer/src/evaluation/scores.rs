//! What networks say about a clip.

use crate::{Ensemble, TrainError};
use undertone_core::{FramesView, Probabilities};

/// Utterances scored in one batch; the logits do not depend on it.
const BATCH: usize = 16;

/// A labelled clip with its utterances as serving would cut them; there may be none.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// The utterances.
    pub utterances: Vec<FramesView<'a>>,
    /// Index of the clip's label.
    pub label: usize,
}

/// A clip's logits per utterance, each with its number of frames.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClipScores {
    utterances: Vec<(usize, Vec<f32>)>,
}

impl ClipScores {
    /// Mean of the utterances' probabilities at `temperature`, weighted by their frames. `None` for a clip
    /// without an utterance, and for logits that are not finite.
    pub fn probabilities(&self, temperature: f32) -> Option<Vec<f32>> {
        let frames: usize = self.utterances.iter().map(|(frames, _)| frames).sum();
        let mut mean = vec![0.0; self.utterances.first()?.1.len()];
        for (own, logits) in &self.utterances {
            let probabilities = Probabilities::from_logits(logits, temperature)?;
            let weight = *own as f32 / frames as f32;
            mean.iter_mut().zip(probabilities.values()).for_each(|(mean, value)| *mean += weight * value);
        }
        Some(mean)
    }

    /// Index of the most probable label and its probability.
    pub fn top(&self, temperature: f32) -> Option<(usize, f32)> {
        let probabilities = self.probabilities(temperature)?;
        probabilities.into_iter().enumerate().max_by(|left, right| left.1.total_cmp(&right.1))
    }
}

/// Scores every clip, in order.
pub fn score(networks: &Ensemble, trials: &[Trial<'_>]) -> Result<Vec<ClipScores>, TrainError> {
    let utterances: Vec<(usize, FramesView<'_>)> = trials
        .iter()
        .enumerate()
        .flat_map(|(clip, trial)| trial.utterances.iter().map(move |utterance| (clip, *utterance)))
        .collect();
    let mut scores = vec![ClipScores::default(); trials.len()];
    for batch in utterances.chunks(BATCH) {
        let views: Vec<_> = batch.iter().map(|(_, view)| *view).collect();
        for ((clip, view), logits) in batch.iter().zip(networks.logits(&views)?) {
            scores[*clip].utterances.push((view.len(), logits));
        }
    }
    Ok(scores)
}

/// The scores of a clip of one utterance with these logits.
#[cfg(test)]
pub(super) fn one_utterance(logits: Vec<f32>) -> ClipScores {
    ClipScores { utterances: vec![(100, logits)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_utterances_weigh_more() {
        let scores = ClipScores { utterances: vec![(300, vec![5.0, 0.0]), (100, vec![0.0, 5.0])] };
        let probabilities = scores.probabilities(1.0).expect("finite");
        let sure = 1.0 / (1.0 + (-5.0_f32).exp());
        assert!((probabilities[0] - (0.75 * sure + 0.25 * (1.0 - sure))).abs() < 1e-6);
        assert_eq!(scores.top(1.0).map(|(label, _)| label), Some(0));
    }

    #[test]
    fn a_clip_without_an_utterance_has_no_answer() {
        assert_eq!(ClipScores::default().top(1.0), None);
    }
}
