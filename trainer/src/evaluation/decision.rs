//! From logits to answers, sets of answers, and no answer.

use super::{ClipScores, fit_temperature};
use serde::{Deserialize, Serialize};
use undertone_evaluation::{Evidence, Judged, Prediction, Protocol, abstain_threshold, conformal_threshold};

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

impl DecisionRule {
    /// Sets the decision of a network that learnt from everybody by what others of its recipe said about speakers
    /// they never heard: the geometric mean of their temperatures, and bounds over all their answers. `None` without
    /// such evidence.
    pub fn fit_to_evidence(&self, evidence: &Evidence) -> Option<Decision> {
        let runs = evidence.of(Protocol::Speaker5);
        let logarithms: Vec<f64> =
            runs.iter().flat_map(|run| &run.folds).filter_map(|fold| Some(fold.temperature?.ln())).collect();
        if logarithms.is_empty() {
            return None;
        }
        let temperature = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp() as f32;
        let judged: Vec<Judged> =
            runs.iter().flat_map(|run| &run.predictions).map(Prediction::judged).collect();
        let truths: Vec<f32> =
            judged.iter().map(|own| own.answer.map_or(0.0, |answer| answer.probability(own.truth))).collect();
        let confidences: Vec<f32> =
            judged.iter().map(|own| own.answer.map_or(0.0, |answer| answer.confidence())).collect();
        let right: Vec<bool> = judged.iter().map(Judged::right).collect();
        Some(Decision {
            temperature,
            conformal_threshold: conformal_threshold(&truths, self.coverage),
            abstain_below: abstain_threshold(&confidences, &right, self.abstain_error),
        })
    }

    /// Sets a decision by labelled clips; `None` when there are none.
    pub fn fit(&self, scores: &[ClipScores], labels: &[usize]) -> Option<Decision> {
        if scores.is_empty() {
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
            conformal_threshold: conformal_threshold(&truths, self.coverage),
            abstain_below: abstain_threshold(&confidences, &right, self.abstain_error),
        })
    }
}
