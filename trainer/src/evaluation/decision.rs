//! From logits to answers, sets of answers, and no answer.

use super::{ClipScores, fit_temperature};
use crate::dataset::Speaker;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use undertone_bundle::{Calibration, Conformal};
use undertone_evaluation::{
    Evidence, Judged, Prediction, Protocol, abstain_threshold, bounds_of, conformal_threshold,
    mean_temperature,
};

/// What is promised about answers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionRule {
    /// Share of clips whose set of answers holds the right one; above 0 and below 1.
    pub coverage: f64,
    /// Largest share of wrong answers among those that are kept; between 0 and 1.
    pub abstain_error: f64,
}

/// How logits become answers; set by clips that were not learnt from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// What logits are divided by.
    pub temperature: f32,
    /// A label at least this probable belongs to the set of answers.
    pub conformal_threshold: f32,
    /// A less probable answer is held back; `None` when no bound keeps the error that was asked for.
    pub abstain_below: Option<f32>,
}

impl Default for DecisionRule {
    fn default() -> Self {
        Self { coverage: 0.9, abstain_error: 0.2 }
    }
}

impl Decision {
    /// The section of a bundle's manifest, with what `rule` promised.
    pub fn calibration(&self, rule: &DecisionRule) -> Calibration {
        Calibration {
            temperature: self.temperature,
            abstain_below: self.abstain_below,
            abstain_error: self.abstain_below.map(|_| rule.abstain_error as f32),
            conformal: Some(Conformal {
                coverage: rule.coverage as f32,
                threshold: self.conformal_threshold,
            }),
        }
    }
}

impl DecisionRule {
    /// Sets the decision of a network that learnt from everybody by what others of its recipe said about speakers
    /// they never heard: the geometric mean of their temperatures, and bounds over all their answers. `None` without
    /// such evidence.
    pub fn fit_to_evidence(&self, evidence: &Evidence) -> Option<Decision> {
        let runs = evidence.of(Protocol::Speaker5);
        let temperature = mean_temperature(&runs, |fold| fold.temperature)? as f32;
        let judged: Vec<Judged> =
            runs.iter().flat_map(|run| &run.predictions).map(Prediction::judged).collect();
        let (conformal_threshold, abstain_below) = bounds_of(&judged, self.coverage, self.abstain_error);
        Some(Decision { temperature, conformal_threshold, abstain_below })
    }

    /// The causal network's temperature, from the same evidence.
    pub fn stream_temperature(evidence: &Evidence) -> Option<f32> {
        mean_temperature(&evidence.of(Protocol::Speaker5), |fold| fold.stream_temperature)
            .map(|own| own as f32)
    }

    /// Sets a decision by labelled clips, each with its speaker; `None` when there are none.
    ///
    /// New clips come from new speakers, and one speaker's clips are alike, so a few speakers say little about the next
    /// one however many clips they gave. The set of answers is therefore bounded by the speaker who needs the widest one.
    pub fn fit(&self, scores: &[ClipScores], labels: &[usize], speakers: &[&Speaker]) -> Option<Decision> {
        if scores.iter().all(|scores| scores.top(1.0).is_none()) {
            return None;
        }
        let temperature = fit_temperature(scores, labels);
        let truths: Vec<f32> = scores
            .iter()
            .zip(labels)
            .map(|(scores, label)| scores.probabilities(temperature).map_or(0.0, |all| all[*label]))
            .collect();
        let tops = scores.iter().map(|scores| scores.top(temperature).unwrap_or((usize::MAX, 0.0)));
        let right: Vec<bool> = tops.clone().zip(labels).map(|((top, _), label)| top == *label).collect();
        let confidences: Vec<f32> = tops.map(|(_, confidence)| confidence).collect();
        Some(Decision {
            temperature,
            conformal_threshold: self.cautious_threshold(&truths, speakers),
            abstain_below: abstain_threshold(&confidences, &right, self.abstain_error),
        })
    }

    /// The lowest of the speakers' own thresholds.
    fn cautious_threshold(&self, truths: &[f32], speakers: &[&Speaker]) -> f32 {
        let mut by_speaker: BTreeMap<&Speaker, Vec<f32>> = BTreeMap::new();
        for (truth, speaker) in truths.iter().zip(speakers) {
            by_speaker.entry(speaker).or_default().push(*truth);
        }
        let thresholds = by_speaker.values().map(|own| conformal_threshold(own, self.coverage));
        thresholds.fold(1.0, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::scores::one_utterance;

    #[test]
    fn the_speaker_who_needs_the_widest_sets_bounds_them() {
        let (sure, unsure) = (one_utterance(vec![4.0, 0.0]), one_utterance(vec![1.0, 0.0]));
        let scores: Vec<ClipScores> =
            [sure, unsure].into_iter().flat_map(|scores| std::iter::repeat_n(scores, 20)).collect();
        let (ann, ben) = (Speaker::new("ann"), Speaker::new("ben"));
        let speakers: Vec<&Speaker> = [&ann, &ben].into_iter().flat_map(|own| [own; 20]).collect();
        let labels: Vec<usize> = (0..40).map(|clip| usize::from(clip % 5 == 0)).collect();
        let decision = DecisionRule { coverage: 0.7, abstain_error: 0.5 }.fit(&scores, &labels, &speakers);
        let decision = decision.expect("there are clips");
        let unsure = one_utterance(vec![1.0, 0.0]).probabilities(decision.temperature).expect("finite");
        assert!((decision.conformal_threshold - unsure[0]).abs() < 1e-6, "{decision:?} {unsure:?}");
    }
}
